// MinIO is published as source only: found, or built once with Go into the user's cache folder.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find.mjs';
import { run, StepFailed, step } from './steps.mjs';

const RELEASE = 'RELEASE.2025-09-07T16-13-09Z';
const MODULE = 'github.com/minio/minio@v0.0.0-20250907161309-07c3a429bfed';
const LEAST_GO = [1, 21];

const builds = join(cacheHome(process.env, homedir()), 'gameday', 'minio');
const folder = join(builds, RELEASE);

/** The user's cache folder. A relative one is invalid, says the XDG specification, and is ignored. */
export function cacheHome(env, home) {
  return env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(home, '.cache');
}

/** True when there is a MinIO afterwards. Without one and without Go it says what to do and returns false: the other drills can run. */
export async function ensureMinio() {
  if (findProgram(['minio'], [folder]) !== undefined) return true;
  const go = await findGo();
  if (go === undefined) {
    process.stderr.write(
      [
        'MinIO is missing: it is published as source, and building it needs Go 1.21 or newer, which is not here.',
        '  Get Go from https://go.dev/dl/ and run this again, or put a minio binary on PATH.',
        '  Until then drill C (MinIO) is left out, and the session ends with exit 3 at best.',
        '',
      ].join('\n'),
    );
    return false;
  }
  await step(`MinIO ${RELEASE} built with Go, about 2 minutes, once`, () => build(go));
  return true;
}

async function findGo() {
  const go = findProgram(['go'], ['/usr/local/go/bin', '/snap/bin']);
  if (go === undefined) return undefined;
  const { output } = await run(go, ['env', 'GOVERSION'], { any: true });
  const [major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
  return major > LEAST_GO[0] || (major === LEAST_GO[0] && minor >= LEAST_GO[1]) ? go : undefined;
}

/** Modules and build cache take 2.3 GB: they stand in a folder of their own that is emptied whatever happens. */
async function build(go) {
  mkdirSync(folder, { recursive: true });
  removeAbandoned();
  const work = mkdtempSync(join(builds, `.build-${process.pid}-`));
  try {
    const flags = (await run(go, ['env', 'GOFLAGS'])).output.trim();
    const env = { ...process.env, ...buildVariables(work, flags) };
    await run(go, ['install', '-trimpath', '-ldflags', '-s -w', MODULE], {
      cwd: work,
      env,
      say: (seconds) => process.stderr.write(`  still building after ${seconds}s\n`),
    });
    if (!existsSync(join(work, 'bin', 'minio'))) throw new StepFailed('go install ended well but left no minio');
    renameSync(join(work, 'bin', 'minio'), join(folder, 'minio'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What Go is told beside our own environment; `flags` are the user's. */
export function buildVariables(work, flags) {
  return {
    GOPATH: join(work, 'path'),
    GOCACHE: join(work, 'cache'),
    GOTMPDIR: work,
    GOBIN: join(work, 'bin'),
    // Without this the module cache is read-only and could not be removed.
    GOFLAGS: `${flags} -modcacherw`.trim(),
    CGO_ENABLED: '0',
    // MinIO may want a newer Go than the one that is here, which gets it for this build; `local`, which some systems set, forbids that.
    GOTOOLCHAIN: 'auto',
  };
}

/** What a build left that was ended by SIGKILL or with the machine. */
function removeAbandoned() {
  for (const name of readdirSync(builds)) {
    const pid = /^\.build-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(builds, name), { recursive: true, force: true });
  }
}
