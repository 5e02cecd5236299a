import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gamedayOf } from './lab-program.ts';

/**
 * A process of its own that keeps one lab for the tests: brings it up below the folder of its first argument, says `up`,
 * and takes it down when its input ends. That happens however the tests end, also when they are killed.
 */
const [place = ''] = process.argv.slice(2);
/** A drill that has lost its tests still puts everything back; until then the lab is refused to `lab down`. */
const DOWN_LIMIT_MS = 300_000;
const DOWN_EVERY_MS = 2_000;

// A terminal sends its signals to everyone: whoever started us ends our input instead.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

let released = false;
let busy: ChildProcess | undefined;
process.stdin.resume();
const release = new Promise<void>((resolve) => {
  process.stdin.once('close', () => {
    released = true;
    busy?.kill('SIGTERM');
    resolve();
  });
});

async function lab(command: 'up' | 'down'): Promise<number | null> {
  const child = spawn(process.execPath, [gamedayOf(place), 'lab', command, '--lab-dir', join(place, 'lab')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  if (command === 'up') busy = child;
  const [code] = (await once(child, 'close')) as [number | null];
  busy = undefined;
  if (code !== 0 && !released) process.stderr.write(said);
  return code;
}

const up = (await lab('up')) === 0;
if (up) {
  process.stdout.write('up\n');
  await release;
}
const until = performance.now() + DOWN_LIMIT_MS;
let down = await lab('down');
while (down !== 0 && performance.now() < until) {
  await new Promise((resolve) => setTimeout(resolve, DOWN_EVERY_MS));
  down = await lab('down');
}
if (down === 0) await rm(place, { recursive: true, force: true });
process.exit(up && down === 0 ? 0 : 1);
