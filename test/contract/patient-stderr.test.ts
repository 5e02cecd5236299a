import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { patientStderr } from '../../src/world/patient-stderr.ts';
import { realHarness } from '../support/world-harness.ts';

/** More than a pipe takes. */
const TEXT = 'x'.repeat(300_000);

test.each([
  ['blocks its writer', 0],
  ['does not block its writer', constants.O_NONBLOCK],
])('a pipe that nobody reads and that %s holds nobody up, and gets all of it in the end', (_, flags) =>
  realHarness.play(async ({ world, folder }) => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY | flags);
    const stream = patientStderr(world.clock, writer);
    stream.write(TEXT);
    stream.write('the end');
    expect(await stream.drained(200)).toBe(false);
    let read = '';
    const buffer = Buffer.alloc(65_536);
    while (!read.endsWith('the end')) {
      try {
        read += buffer.toString('utf8', 0, readSync(reader, buffer));
      } catch (error) {
        if (!String(error).includes('EAGAIN')) throw error;
      }
      await world.clock.sleep(5);
    }
    expect(await stream.drained(10_000)).toBe(true);
    expect(read).toBe(`${TEXT}the end`);
    closeSync(reader);
    // And whoever reads no more is no reason to fail.
    stream.write('nobody hears this');
    expect(await stream.drained(10_000)).toBe(true);
    closeSync(writer);
  }),
);
