// The simulator of random sessions as one file that plain Node runs: quicker to start and to run than TypeScript on the fly.
import { join } from 'node:path';

/** Bundles the simulator of the sources below `folder` into `outfile`. */
export async function bundleSimulator(folder, outfile) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: folder,
    entryPoints: [join(folder, 'test/simulation/random/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'inline',
    legalComments: 'none',
    logLevel: 'error',
    // CommonJS parts of the bundle ask for Node's own modules by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}
