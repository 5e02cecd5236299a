import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { playSession } from './session.ts';

const SEEDS = 2 ** 31;
const SHOWN_FAILURES = 10;

/** `--seed N` replays one session with a trace; otherwise plays until `--sessions` or `--seconds` is reached. Exit 1: something broke. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      sessions: { type: 'string' },
      seconds: { type: 'string' },
      from: { type: 'string' },
      'first-failure': { type: 'boolean' },
    },
  });
  if (values.seed !== undefined) return replay(numberOf('seed', values.seed));
  const sessions = values.sessions === undefined ? undefined : numberOf('sessions', values.sessions);
  const seconds = values.seconds === undefined ? undefined : numberOf('seconds', values.seconds);
  const from = values.from === undefined ? randomInt(SEEDS) : numberOf('from', values.from);
  const most = sessions ?? (seconds === undefined ? 1_000 : Number.POSITIVE_INFINITY);
  return playMany(from, most, (seconds ?? Number.POSITIVE_INFINITY) * 1_000, values['first-failure'] === true);
}

async function replay(seed: number): Promise<number> {
  const broken = await playSession(seed, new Coverage(), (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(broken.length === 0 ? 'every invariant held\n' : `${broken.join('\n')}\n`);
  return broken.length === 0 ? 0 : 1;
}

async function playMany(from: number, most: number, limitMs: number, firstOnly: boolean): Promise<number> {
  const coverage = new Coverage();
  const began = performance.now();
  let failures = 0;
  let saidAt = began;
  process.stdout.write(`seeds from ${from}\n`);
  for (let index = 0; index < most && performance.now() - began < limitMs; index += 1) {
    const seed = (from + index) % SEEDS;
    const broken = await playSession(seed, coverage);
    if (broken.length > 0) {
      failures += 1;
      if (failures <= SHOWN_FAILURES) process.stdout.write(`${failureText(seed, broken)}\n`);
      if (firstOnly) break;
    }
    if (performance.now() - saidAt > 15_000) {
      saidAt = performance.now();
      process.stderr.write(`  ${coverage.sessions} sessions, ${failures} broke\n`);
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  for (const line of coverage.lines()) process.stdout.write(`${line}\n`);
  const rate = Math.round(coverage.sessions / seconds);
  const hours = Math.round(coverage.virtualMs / 3_600_000);
  process.stdout.write(
    `${coverage.sessions} sessions, ${failures} broke an invariant; ${rate} sessions/s, ${hours} hours of virtual time\n`,
  );
  return failures === 0 && coverage.sessions > 0 ? 0 : 1;
}

function failureText(seed: number, broken: readonly string[]): string {
  return `seed ${seed} broke:\n${broken.map((line) => `  ${line}`).join('\n')}\n  replay: npm run simulate -- --seed ${seed}`;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} wants a number, not "${text}"`);
  return value;
}

process.exitCode = await main();
