import { beforeEach, describe, expect, test } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { SimWorld } from '../../support/sim-world.ts';

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

function gameday(...args: string[]) {
  return runProgram(world, ['node', 'gameday', ...args]);
}

describe('exit codes of what never reaches a stack', () => {
  test.each([
    [['--help'], EXIT.pass],
    [['--version'], EXIT.pass],
    [['scenarios'], EXIT.pass],
    [['schema'], EXIT.pass],
    [['run', '--check-options', '--only', 'D'], EXIT.pass],
    [['completion', 'bash'], EXIT.pass],
    [[], EXIT.usage],
    [['frob'], EXIT.usage],
    [['run', '--frob'], EXIT.usage],
    [['run', '--profile', 'large'], EXIT.usage],
    [['lab'], EXIT.usage],
    [['lab', 'frob'], EXIT.usage],
    [['report'], EXIT.usage],
  ])('%j ends with %i', async (args, expected) => {
    expect(await gameday(...args)).toBe(expected);
  });

  test.each([
    [['run'], 'no-stack'],
    [['plan'], 'no-stack'],
    [['doctor'], 'no-stack'],
    [['run', '--only', 'Z'], 'unknown-scenario'],
    [['run', '--skip', 'ABCDE'], 'empty-selection'],
    [['run', '--outage', '10'], 'bad-duration'],
    [['run', '--outage', '0s'], 'bad-duration'],
    [['run', '--config', 'none.yaml'], 'config-not-found'],
    [['run', '--check-options', '--only', 'Z'], 'unknown-scenario'],
    [['run', '--check-options', '--outage', '10'], 'bad-duration'],
    [['run', '--check-options', '--config', 'none.yaml'], 'config-not-found'],
    [['report', 'none'], 'no-journal'],
    [['verify', 'none'], 'no-journal'],
    [['completion', 'tcsh'], 'unknown-shell'],
  ])('%j is refused with %s', async (args, code) => {
    await expect(gameday(...args)).rejects.toMatchObject({ code, exitCode: EXIT.usage });
  });

  test('ONLY and SKIP in the environment choose as the options do, and the options go first', async () => {
    world.env.variables.ONLY = 'Z';
    await expect(gameday('plan')).rejects.toMatchObject({ code: 'unknown-scenario' });
    await expect(gameday('plan', '--only', 'A')).rejects.toMatchObject({ code: 'no-stack' });
    world.env.variables.SKIP = 'A';
    await expect(gameday('plan', '--only', 'A')).rejects.toMatchObject({
      code: 'empty-selection',
      hint: expect.stringContaining('--only and SKIP together'),
    });
  });
});

test('an outage of no time is called that, not a mistake of writing', async () => {
  await expect(gameday('run', '--outage', '0s')).rejects.toMatchObject({
    message: '--outage 0s is no outage: it is over as it begins',
  });
});

describe('stdout', () => {
  test('holds one JSON document and nothing else with --json, even for a refusal', async () => {
    await expect(gameday('run', '--json')).rejects.toMatchObject({ code: 'no-stack' });
    expect(JSON.parse(world.tty.out.text)).toMatchObject({ version: 1, error: { code: 'no-stack' }, exit: EXIT.usage });
  });

  test.each([
    [['run', '--json', '--frob'], 'unknown-option', "unknown option '--frob'", 'gameday run --help'],
    [['verify', '--json'], 'missing-argument', "missing required argument 'session'", 'gameday verify --help'],
    [['plan', '--json', '--profile', 'large'], 'invalid-argument', 'standard, smoke', 'gameday plan --help'],
    [['frob', '--json'], 'unknown-command', "unknown command 'frob'", 'gameday --help'],
    [['lab', '--json'], 'unknown-option', '--json', 'gameday lab --help'],
  ])('%j: one JSON document on stdout, and exit 2', async (args, code, message, hint) => {
    expect(await gameday(...args)).toBe(EXIT.usage);
    expect(JSON.parse(world.tty.out.text)).toEqual({
      version: 1,
      error: { code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
      exit: EXIT.usage,
    });
    expect(world.tty.err.text).toContain(message);
  });

  test.each([['plan'], ['doctor'], ['verify', 'none']])('a refusal of %s is one JSON document too', async (...args) => {
    await expect(gameday(...args, '--json')).rejects.toMatchObject({ exitCode: EXIT.usage });
    expect(JSON.parse(world.tty.out.text)).toMatchObject({ version: 1, exit: EXIT.usage });
  });

  test('usage errors go to stderr', async () => {
    await gameday('frob');
    expect(world.tty.out.text).toBe('');
    expect(world.tty.err.text).toContain("unknown command 'frob'");
  });

  test.each([
    [['verify'], 'gameday verify --help'],
    [['run', '--profile', 'large'], 'gameday run --help'],
    [['lab', 'up', '--frob'], 'gameday lab up --help'],
    [['frob'], 'gameday --help'],
    [['lab', 'kill', '--help'], "unknown command 'kill'"],
    [['frob', '--help'], "unknown command 'frob'"],
    [[], 'error: no command was named'],
    [['lab'], 'error: no command was named'],
  ])('%j says %s', async (args, expected) => {
    expect(await gameday(...args)).toBe(EXIT.usage);
    expect(world.tty.err.text).toContain(expected);
  });

  test.each([
    [['help'], 'Usage: gameday [options]'],
    [['help', 'run'], 'Usage: gameday run'],
    [['run', '--help'], 'Usage: gameday run'],
  ])('%j prints %s', async (args, expected) => {
    expect(await gameday(...args)).toBe(EXIT.pass);
    expect(world.tty.out.text).toContain(expected);
  });

  test('a lab that was named and is not up is named again', async () => {
    await expect(gameday('doctor', '--lab-dir', '/tmp/nope')).rejects.toMatchObject({
      message: expect.stringContaining('no lab is up in /tmp/nope'),
      hint: expect.stringContaining('gameday lab up --lab-dir /tmp/nope'),
    });
  });

  test.each([
    ['none', '/srv/sessions/none'],
    ['sessions/none', '/srv/sessions/none'],
    ['sessions/none/journal.jsonl', '/srv/sessions/none'],
  ])('a session named as %s is looked for in %s', async (name, folder) => {
    await expect(gameday('verify', name)).rejects.toMatchObject({ message: `there is no journal in ${folder}` });
  });

  test('the JSON Schema knows every scenario and refuses unknown keys', async () => {
    await gameday('schema');
    const schema = JSON.parse(world.tty.out.text);
    expect(Object.keys(schema.properties.scenarios.properties)).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(schema.additionalProperties).toBe(false);
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s knows every command', async (shell) => {
    await gameday('completion', shell);
    for (const word of [
      'run',
      'plan',
      'doctor',
      'lab',
      'report',
      'verify',
      'recover',
      'scenarios',
      'schema',
      'completion',
    ]) {
      expect(world.tty.out.text).toMatch(new RegExp(`\\b${word}\\b`));
    }
    expect(world.tty.out.text).not.toMatch(/\bguard\b/);
  });
});
