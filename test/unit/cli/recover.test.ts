import { basename, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
// Imported lazily by the program, and a simulated world waits only for its own clock.
import '../../../src/cli/commands/recover.ts';
import '../../../src/cli/commands/verify.ts';
import { lockFolder } from '../../../src/cli/lock-path.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { JOURNAL } from '../../support/sim-recovery.ts';
import { runSim } from '../../support/sim-session.ts';
import { SimWorld } from '../../support/sim-world.ts';

const FOLDER = '/srv/sessions/2026-01-01T00-00-00Z-sim';
/** Session, cut while n1 is down; and where nothing had been broken yet. Its platform is one that this program does not have. */
let cut: { readonly broken: Uint8Array; readonly whole: Uint8Array; readonly before: Uint8Array };
let world: SimWorld;

beforeAll(async () => {
  const run = await runSim();
  const whole = Buffer.from((await run.world.fs.readBytes(JOURNAL)) ?? []);
  const text = whole.toString('utf8');
  const after = (what: string) => whole.subarray(0, text.indexOf('\n', text.indexOf(`"type":"${what}"`)) + 1);
  cut = { broken: after('fault.proven'), whole, before: after('phase.started') };
});

beforeEach(async () => {
  world = new SimWorld();
  world.processes.alive = async () => false;
});

async function gameday(journal: Uint8Array, ...args: string[]): Promise<number> {
  await world.fs.makeFolder(FOLDER, 0o700);
  await world.fs.write(`${FOLDER}/journal.jsonl`, journal, 0o600);
  return world.run(() => runProgram(world, ['node', 'gameday', 'recover', ...args]));
}

async function journalNow(): Promise<Buffer> {
  return Buffer.from((await world.fs.readBytes(`${FOLDER}/journal.jsonl`)) ?? []);
}

describe('gameday recover', () => {
  test('finds the sessions that need it, closes them and writes their reports', async () => {
    expect(await gameday(cut.before)).toBe(EXIT.pass);
    expect(readJournal(await journalNow()).records.at(-1)?.type).toBe('session.sealed');
    expect(world.tty.out.text).toContain('no node had to be restored');
    expect(await world.fs.list(FOLDER)).toEqual([
      'journal.jsonl',
      'manifest.json',
      'report.md',
      'result.json',
      'session.log',
    ]);
    expect(await world.fs.readText(`${FOLDER}/session.log`)).toContain('gameday recover takes over');
    expect(await world.fs.readText('/srv/sessions/LAB.md')).toContain('INCONCLUSIVE');
    expect(world.locks.isHeld('/srv/lock')).toBe(false);
    // And then there is nothing left to do.
    expect(await world.run(() => runProgram(world, ['node', 'gameday', 'recover']))).toBe(EXIT.pass);
    expect(world.tty.out.text).toContain('nothing to recover');
  });

  test('finds those that were run from another folder, by the lists beside the locks, and one of them by its name', async () => {
    const locks = lockFolder(world.env);
    await world.fs.makeFolder('/elsewhere/kept/2026-01-02T00-00-00Z-prod', 0o700);
    await world.fs.write('/elsewhere/kept/2026-01-02T00-00-00Z-prod/journal.jsonl', cut.broken, 0o600);
    await world.fs.makeFolder(locks);
    await world.fs.write(join(locks, 'prod'), '');
    await world.fs.write(join(locks, 'prod.sessions'), '/elsewhere/kept/2026-01-02T00-00-00Z-prod\n');
    const run = (...args: string[]) => world.run(() => runProgram(world, ['node', 'gameday', 'recover', ...args]));
    expect(await run('2026-01-02T00-00-00Z-prod', '--dry-run')).toBe(EXIT.notRestored);
    expect(await run('--dry-run')).toBe(EXIT.notRestored);
    await world.fs.makeFolder('/srv/other');
    expect(await run('--sessions', 'other')).toBe(EXIT.pass);
    expect(world.tty.out.text).toContain('nothing to recover: every session in other restored what it broke');
  });

  test('elsewhere: what is gone is named and not claimed, what runs is left alone', async () => {
    const locks = lockFolder(world.env);
    await world.fs.makeFolder(locks);
    await world.fs.makeFolder('/srv/sessions');
    const folder = '/elsewhere/2026-01-02T00-00-00Z-prod';
    const run = () => world.run(() => runProgram(world, ['node', 'gameday', 'recover']));
    await world.fs.write(join(locks, 'prod'), '');
    await world.fs.write(join(locks, 'prod.sessions'), `/gone/2026-01-03T00-00-00Z-prod\n${folder}\n`);
    await world.fs.makeFolder(folder, 0o700);
    await world.fs.write(`${folder}/journal.jsonl`, cut.broken, 0o600);
    const owner = { pid: 7, startTime: '1', host: 'other', session: basename(folder), since: 'now' };
    world.locks.holdElsewhere(join(locks, 'prod'), owner);
    expect(await run()).toBe(EXIT.inconclusive);
    expect(world.tty.err.text).toContain('not looked at: /gone/2026-01-03T00-00-00Z-prod: it is not there');
    expect(world.tty.err.text).toContain(`left alone: ${folder}: it is running`);
    expect(world.tty.out.text).toBe(
      [
        'every session in sessions restored what it broke',
        '1 session could not be looked at: a node may be down',
        `Next: look at the nodes (gameday doctor); its disk is not mounted: mount it, and repeat; a folder was removed for good: take its line out of ${join(locks, 'prod.sessions')}`,
        '',
      ].join('\n'),
    );
  });

  test('elsewhere: what is gone is told in few lines, and what is known to be closed not at all', async () => {
    const locks = lockFolder(world.env);
    const run = (...args: string[]) => world.run(() => runProgram(world, ['node', 'gameday', 'recover', ...args]));
    await world.fs.makeFolder(locks);
    await world.fs.makeFolder('/srv/sessions');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await world.fs.write(join(locks, name), '');
      await world.fs.write(join(locks, `${name}.sessions`), `closed /gone/closed-${name}\n/gone/open-${name}\n`);
    }
    expect(await run('--dry-run')).toBe(EXIT.inconclusive);
    expect(world.tty.err.text.split('\n').slice(0, -1)).toEqual([
      expect.stringContaining('/gone/open-a'),
      expect.stringContaining('/gone/open-b'),
      expect.stringContaining('/gone/open-c'),
      'warning: not looked at: and 2 more',
    ]);
    expect(world.tty.out.text).toContain('5 sessions could not be looked at');
    expect(world.tty.out.text).toContain(`out of ${join(locks, '*.sessions')}`);
    world.tty.err.text = '';
    expect(await run('--sessions', 'sessions')).toBe(EXIT.pass);
    expect(world.tty.err.text).toMatch(/^warning: only sessions is looked at, not: \/gone\/open-a, .*and 2 more/);
  });

  test('a session that it has closed is known to be closed, wherever its folder goes', async () => {
    const list = '/srv/lock.sessions';
    await world.fs.write(list, `${FOLDER}\n/gone/other\n`);
    expect(await gameday(cut.before, FOLDER)).toBe(EXIT.pass);
    expect(await world.fs.readText(list)).toBe(`closed ${FOLDER}\n/gone/other\n`);
    // A node that is still down keeps its session in the list.
    await world.fs.write(list, `${FOLDER}\n`);
    expect(await gameday(cut.broken, FOLDER)).toBe(EXIT.notRestored);
    expect(await world.fs.readText(list)).toBe(`${FOLDER}\n`);
  });

  test('a list that cannot be read is no "nothing to recover"', async () => {
    const locks = lockFolder(world.env);
    await world.fs.makeFolder('/srv/sessions');
    await world.fs.makeFolder(locks);
    await world.fs.write(join(locks, 'prod'), '');
    const readText = world.fs.readText.bind(world.fs);
    world.fs.readText = async (path) => {
      if (path === join(locks, 'prod.sessions')) throw new Error('EIO');
      return readText(path);
    };
    const run = world.run(() => runProgram(world, ['node', 'gameday', 'recover']));
    expect(await run).toBe(EXIT.inconclusive);
    expect(world.tty.out.text).toContain('1 list of sessions could not be read: a node may be down');
  });

  test('a name that two sessions have is not guessed at', async () => {
    const locks = lockFolder(world.env);
    const name = '2026-01-02T00-00-00Z-lab';
    for (const place of ['/one', '/two']) {
      await world.fs.makeFolder(`${place}/${name}`, 0o700);
      await world.fs.write(`${place}/${name}/journal.jsonl`, cut.whole, 0o600);
    }
    await world.fs.makeFolder(locks);
    await world.fs.write(join(locks, 'lab'), '');
    await world.fs.write(join(locks, 'lab.sessions'), `/one/${name}\n/two/${name}\n`);
    await expect(world.run(() => runProgram(world, ['node', 'gameday', 'verify', name]))).rejects.toMatchObject({
      code: 'which-session',
      exitCode: EXIT.usage,
    });
  });

  test('no folder to look in is no "nothing to recover"', async () => {
    const run = (...args: string[]) => world.run(() => runProgram(world, ['node', 'gameday', 'recover', ...args]));
    for (const args of [[], ['--sessions', 'nowhere']])
      await expect(run(...args)).rejects.toMatchObject({ code: 'no-sessions', exitCode: EXIT.usage });
    expect(world.tty.out.text).not.toContain('nothing to recover');
  });

  test('a damaged journal may hide what was broken: never exit 0', async () => {
    const damaged = Buffer.from(cut.whole);
    damaged[damaged.indexOf('"undo.armed"') + 3] = 0x7f;
    expect(await gameday(damaged, FOLDER)).toBe(EXIT.inconclusive);
    expect(world.tty.err.text).toMatch(/its journal is damaged \(line \d+/);
    expect(world.tty.out.text).not.toContain('restored');
  });

  test('a node that cannot be restored: exit 5, with the node, the error and the command', async () => {
    expect(await gameday(cut.broken, FOLDER)).toBe(EXIT.notRestored);
    expect(world.tty.out.text).toContain('NOT RESTORED: n1');
    expect(world.tty.out.text).toContain('sim start n1');
    expect(world.tty.out.text).toContain('no platform "sim"');
    expect(JSON.parse((await world.fs.readText(`${FOLDER}/result.json`)) ?? '')).toMatchObject({
      exit: 5,
      restored: false,
    });
  });

  test('--dry-run shows what is broken and what would be done, and changes nothing', async () => {
    expect(await gameday(cut.broken, '--dry-run')).toBe(EXIT.notRestored);
    expect(world.tty.out.text).toContain('n1');
    expect(world.tty.out.text).toContain('sim start n1');
    expect((await journalNow()).equals(cut.broken)).toBe(true);
    expect(await world.fs.list(FOLDER)).toEqual(['journal.jsonl']);
  });

  test('a session that ended in order is left alone', async () => {
    expect(await gameday(cut.whole, '2026-01-01T00-00-00Z-sim')).toBe(EXIT.pass);
    expect(world.tty.out.text).toContain('nothing to do');
    expect((await journalNow()).equals(cut.whole)).toBe(true);
  });

  test('a session that is running is refused: by whom is said, and nothing is changed', async () => {
    const owner = { pid: 7, startTime: '1', host: 'other', session: 'running', since: 'now' };
    world.locks.holdElsewhere('/srv/lock', owner);
    await expect(gameday(cut.broken, FOLDER)).rejects.toMatchObject({
      code: 'environment-busy',
      exitCode: EXIT.inconclusive,
      message: expect.stringContaining('running'),
    });
    expect(await gameday(cut.broken)).toBe(EXIT.inconclusive);
    expect((await journalNow()).equals(cut.broken)).toBe(true);
  });

  test('--dry-run on a session that is running begins with that', async () => {
    const owner = { pid: 7, startTime: '1', host: 'other', session: basename(FOLDER), since: 'now' };
    world.locks.holdElsewhere('/srv/lock', owner);
    await world.fs.write('/srv/lock', '');
    expect(await gameday(cut.broken, FOLDER, '--dry-run')).toBe(EXIT.inconclusive);
    expect(world.tty.out.text).toMatch(new RegExp(`^${basename(FOLDER)} is running: `));
    expect(world.tty.out.text).toContain('is not closed yet');
  });

  test('what ended before it began to drill needs nothing', async () => {
    expect(await gameday(cut.whole.subarray(0, 40))).toBe(EXIT.pass);
    expect(world.tty.out.text).toContain('nothing to do');
    await expect(gameday(new Uint8Array(), 'nowhere')).rejects.toMatchObject({
      code: 'no-journal',
      exitCode: EXIT.usage,
    });
  });

  test('on another machine the lock is the one of this user', async () => {
    world.env.hostname = 'other-host';
    const owner = { pid: 7, startTime: '1', host: 'other-host', session: 'running', since: 'now' };
    world.locks.holdElsewhere('/home/operator/.local/state/gameday/locks/lock', owner);
    await expect(gameday(cut.broken, FOLDER)).rejects.toMatchObject({ code: 'environment-busy' });
  });
});
