import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { describeError } from '../../../src/cli/errors.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { say, sayJson, sayLines } from '../../../src/cli/say.ts';
import { openSecrets } from '../../../src/cli/secrets.ts';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';
import { columns } from '../../../src/report/columns.ts';
import { SimWorld } from '../../support/sim-world.ts';

const SECRET = 'kQ3vX9-canary';
/** Colours, a title, an 8-bit control sequence, an override of the direction, a secret, and a line that was never said. */
const HOSTILE = `a\u001b[31m\u001b]0;title\u0007\u009b2J\u202e${SECRET}\u200b\r\nerror: forged`;
/** What a terminal would obey; line ends are for the caller to allow. */
const OBEYED = /[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u;

let world: SimWorld;

beforeEach(async () => {
  world = new SimWorld();
  world.env.variables.CANARY = SECRET;
  await openSecrets(world, '/srv').read({ env: 'CANARY' });
});

test('a text keeps its lines and nothing else that a terminal would obey, and no secret', () => {
  say(world.tty.out, `${HOSTILE}\n  indented\n`);
  expect(world.tty.out.text).toBe('a]0;title[redacted]\nerror: forged\n  indented\n');
});

test('a line is one line', () => {
  sayLines(world.tty.out, [HOSTILE, 'b']);
  expect(world.tty.out.text).toBe('a]0;title[redacted] error: forged\nb\n');
});

test('a JSON document means the same, its secrets aside, and shows as plain text', () => {
  sayJson(world.tty.out, { text: HOSTILE, number: 1, labels: { [SECRET]: 'x\u202ey' } });
  expect(world.tty.out.text).not.toMatch(OBEYED);
  expect(JSON.parse(world.tty.out.text)).toMatchObject({ number: 1, labels: { '[redacted]': 'x\u202ey' } });
  expect(world.tty.out.text).not.toContain(SECRET);
});

test('cells of a table cannot begin a row of their own', () => {
  const text = columns(
    [
      ['name', 'seen'],
      ['x', HOSTILE],
      [HOSTILE, 'y'],
    ],
    100,
  );
  expect(text.split('\n')).toHaveLength(4);
  expect(text).not.toMatch(OBEYED);
});

test('an error is shown without what it was made to carry', () => {
  const error = new GamedayError({
    code: 'x',
    message: HOSTILE,
    hint: HOSTILE,
    exitCode: EXIT.usage,
    cause: new Error(HOSTILE, { cause: HOSTILE }),
  });
  for (const one of [error, new TypeError(HOSTILE), HOSTILE]) {
    const { text } = describeError(one, true);
    expect(text).not.toMatch(OBEYED);
    expect(text).not.toContain(SECRET);
  }
});

test('what was typed is shown without what it was made to carry', async () => {
  for (const args of [[HOSTILE], ['run', `--${HOSTILE}`], ['run', '--profile', HOSTILE], ['lab', HOSTILE]])
    expect(await runProgram(world, ['node', 'gameday', ...args])).toBe(EXIT.usage);
  expect(world.tty.err.text).toContain('unknown');
  expect(world.tty.err.text).not.toMatch(OBEYED);
  expect(world.tty.err.text).not.toContain(SECRET);
});

/** Files that write to a terminal themselves, and why they may. */
const MAY_WRITE: Readonly<Record<string, string>> = {
  'say.ts': 'is the way',
  'main.ts': 'what describeError gives',
  'commands/completion.ts': 'our own script',
  'commands/schema.ts': 'our own document',
  'commands/scenarios.ts': 'our own list',
  'commands/report.ts': 'the bytes of report.md, into a file',
  'commands/run.ts': 'a table that was made safe, with our colours',
  'commands/lab.ts': "a node's own log, into a file",
  'commands/guard.ts': 'lines that were made safe, on a stream of its own',
  'view/plain.ts': 'the lines of session.log',
};

test('every command speaks through say.ts', async () => {
  const root = new URL('../../../src/cli', import.meta.url).pathname;
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const writing: string[] = [];
  for (const name of files) {
    const text = await readFile(join(root, name), 'utf8');
    if (/\b(?:tty\.(?:out|err)|out|err|stderr|stdout|stream)\.write\(/.test(text)) writing.push(name);
  }
  expect(writing.filter((name) => MAY_WRITE[name] === undefined)).toEqual([]);
  expect(files.length).toBeGreaterThan(30);
});

test('no program is started through a shell', async () => {
  const root = new URL('../../../src', import.meta.url).pathname;
  for (const name of (await readdir(root, { recursive: true })).filter((one) => one.endsWith('.ts'))) {
    const text = await readFile(join(root, name), 'utf8');
    expect(text, name).not.toMatch(/\bshell: (?:true|')|\bexecSync\b|\{[^}]*\bexec\b[^}]*\} from 'node:child_process'/);
  }
});

test('a secret inside a name or a word of the journal is refused', async () => {
  const { verifyNoNameHoldsSecret } = await import('../../../src/cli/secrets.ts');
  const redact = (text: string) => text.replaceAll('pg-1', '[redacted]').replaceAll('timeout', '[redacted]');
  expect(() => verifyNoNameHoldsSecret({ redact: (text) => text }, ['pg-1'])).not.toThrow();
  expect(() => verifyNoNameHoldsSecret({ redact }, ['the-pg-1-node'])).toThrow(
    expect.objectContaining({ code: 'secret-in-name', exitCode: 2, message: expect.not.stringContaining('pg-1') }),
  );
  expect(() => verifyNoNameHoldsSecret({ redact }, [])).toThrow(/a word of the journal/);
});
