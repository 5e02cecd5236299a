// Bundles the program into dist/: the command line with a chunk a command, and the lab's demo API as one file.
// Skipped when nothing changed since the last build. No source maps: nothing outside the repository could follow them.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepFailed, script, step } from './lib/steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
// Not in dist: that goes into the package.
const stampFile = join(root, 'node_modules', '.gameday-build');

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else yield path;
  }
}

/** Names, sizes and times of everything that goes into the bundle. */
function stampNow() {
  const hash = createHash('sha256');
  const single = ['package.json', 'package-lock.json', 'scripts/build.mjs'].map((name) => join(root, name));
  for (const path of [...sources(join(root, 'src')), ...single.filter(existsSync)]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** zod brings its messages in fifty languages; config writes its own, so that three quarters of it need not be parsed at each start. */
const onlyEnglish = {
  name: 'zod in English',
  setup(bundler) {
    bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/** Bundles the program into this folder. */
async function bundleInto(folder) {
  const { build: bundle } = await import('esbuild');
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    plugins: [onlyEnglish],
    // pg asks for pg-native and listr2 for enquirer only where a user has installed them.
    external: ['pg-native', 'enquirer', '@listr2/prompt-adapter-enquirer'],
    // Packages that are still CommonJS call require for Node's own modules.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  };
  await bundle({
    ...common,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: folder,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  await bundle({ ...common, entryPoints: ['src/lab/api/main.ts'], outfile: join(folder, 'lab-api.js') });
}

/** Returns true when something was built, false when it was up to date. */
export async function build() {
  const stamp = stampNow();
  const isThere = existsSync(join(dist, 'main.js')) && existsSync(stampFile);
  if (isThere && readFileSync(stampFile, 'utf8') === stamp) return false;
  const fresh = join(root, `node_modules/.gameday-build-${process.pid}`);
  try {
    await bundleInto(fresh);
    // A build that fails leaves the last good one.
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
    writeFileSync(stampFile, stamp);
  } catch (error) {
    throw new StepFailed(`the build failed: ${error.message}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await script(async () => {
    // Into another folder: always, and without a word.
    if (process.argv[2] !== undefined) await bundleInto(process.argv[2]);
    else await step('build', async () => ((await build()) ? undefined : 'up to date'));
    return 0;
  });
}
