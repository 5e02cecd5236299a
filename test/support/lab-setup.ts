import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { programEnv, ROOT } from './lab-program.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the one lab that all drills' tests share: the lab itself stands in `lab`, its locks in `state`. */
    readonly drillPlace: string;
  }
}

const KEEPER = new URL('./lab-keeper.ts', import.meta.url).pathname;

/** What an installed package consists of. */
const PROGRAM = ['package.json', 'bin', 'dist', 'runbooks', 'sessions/TEMPLATE.md', 'sessions/README.md'];

/** For vitest's globalSetup: builds the program and brings the one lab up; resolves to what takes it down again. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build();
  const place = await mkdtemp(join(tmpdir(), 'gameday-drills-'));
  for (const part of PROGRAM) await cp(join(ROOT, part), join(place, 'program', part), { recursive: true });
  const keeper = spawn(process.execPath, ['--import', 'tsx', KEEPER, place], {
    cwd: ROOT,
    env: programEnv(place),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  const first = await Promise.race([once(createInterface(keeper.stdout), 'line'), ended]);
  if (first[0] !== 'up') throw new Error('the lab for the drills did not come up');
  project.provide('drillPlace', place);
  return async () => {
    keeper.stdin.end();
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`the lab in ${place} could not be taken down`);
  };
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], { cwd: ROOT, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('the program could not be built');
}
