import { describe, expect, it } from 'vitest';
import { abort } from '../../src/cli/commands/abort.ts';
import { note } from '../../src/cli/commands/note.ts';
import { GamedayError } from '../../src/core/errors.ts';
import { later, notesOf } from '../support/abort-run.ts';
import { ofType, runSim, type SimSetup } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

const SESSIONS = '/srv/sessions';
const INBOX = `${SESSIONS}/one/inbox`;
const LOCKS = '/home/operator/.local/state/gameday/locks';
const LOCK = `${LOCKS}/sim`;

describe('gameday note and gameday abort', () => {
  /** Runs a command in another terminal while a session runs. */
  async function meanwhile(command: (setup: SimSetup) => Promise<unknown>) {
    const seen: { ended?: unknown; failed?: unknown } = {};
    const run = await runSim({
      lockPath: LOCK,
      arrange: (setup) => {
        void setup.world.fs.makeFolder(LOCKS, 0o700).then(() => setup.world.fs.write(LOCK, ''));
        later(setup, 5_000, () =>
          command(setup).then(
            (ended) => Object.assign(seen, { ended }),
            (failed: unknown) => Object.assign(seen, { failed }),
          ),
        );
      },
    });
    return { run, ...seen };
  }

  it('a note is in the journal when the command says so', async () => {
    const { run, ended } = await meanwhile(({ world }) =>
      note(world, ['the', 'page\u0007 came'], { sessions: SESSIONS }),
    );
    expect(ended).toBe(0);
    expect(notesOf(run)).toEqual(['the page came']);
    expect(run.world.tty.out.text).toContain('written into session one: the page came');
  });

  it('with --gap it is a finding', async () => {
    const { run } = await meanwhile(({ world }) =>
      note(world, ['nobody was paged'], { sessions: SESSIONS, gap: true }),
    );
    expect(ofType(run.records, 'gap')).toMatchObject([{ kind: 'noted', text: 'nobody was paged' }]);
  });

  it('an abort restores at once and says why', async () => {
    const { run, ended } = await meanwhile(({ world }) =>
      abort(world, ['the', 'pager', 'rings'], { sessions: SESSIONS }),
    );
    expect(ended).toBe(0);
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ outcome: 'aborted', verdict: 'FAIL' });
    expect(ofType(run.records, 'abort')[0]?.reason).toContain('the pager rings');
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(1);
  });

  it('an abort needs no reason', async () => {
    const { run } = await meanwhile(({ world }) => abort(world, [], { sessions: SESSIONS }));
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('aborted');
  });

  it('a session elsewhere is named, and nothing is written', async () => {
    const { run, failed } = await meanwhile(({ world }) => note(world, ['x'], { sessions: '/srv/others' }));
    expect(failed).toMatchObject({ exitCode: 3, message: expect.stringContaining('one (pid 4242 on sim-host)') });
    expect(String((failed as GamedayError).hint)).toContain('--sessions');
    expect(notesOf(run)).toEqual([]);
  });

  it.each([
    ['is found by the list beside its lock', {}, '/srv/sessions/one', 0],
    ['is named where another folder was asked for', { sessions: '/srv/others' }, '/srv/sessions/one', undefined],
    ['is not taken for one of another name', {}, '/srv/sessions/two', undefined],
  ])('a session elsewhere %s; the list is kept', async (_, options, listed, expected) => {
    const { run, ended, failed } = await meanwhile(async ({ world }) => {
      await world.fs.write(`${LOCK}.sessions`, `${listed}\n`);
      const there = Object.create(world, {
        env: { value: Object.create(world.env, { cwd: { value: '/home' } }) },
      }) as SimWorld;
      const exit = await note(there, ['x'], options).catch((error: unknown) => error);
      expect(await world.fs.readText(`${LOCK}.sessions`)).toBe(`${listed}\n`);
      if (exit !== 0) throw exit;
      return exit;
    });
    expect(ended).toBe(expected);
    expect(notesOf(run)).toEqual(expected === 0 ? ['x'] : []);
    if (expected === 0) return;
    const where = listed.endsWith('one') ? '/srv/sessions/one' : 'one';
    expect(String((failed as GamedayError).message)).toContain(`: ${where} (pid 4242 on sim-host)`);
    if (listed.endsWith('one')) expect((failed as GamedayError).hint).toContain('--sessions /srv/sessions');
  });

  it('a session that does not take it in 5s: said, and it lies there for when it goes on', async () => {
    const { run, failed } = await meanwhile(async ({ world }) => {
      const list = world.fs.list.bind(world.fs);
      world.fs.list = async (path) => (path === INBOX ? [] : list(path));
      const started = world.clock.now();
      try {
        return await note(world, ['x'], { sessions: SESSIONS });
      } finally {
        expect(world.clock.now() - started).toBeLessThan(5_500);
        world.fs.list = list;
      }
    });
    expect(failed).toMatchObject({ exitCode: 3, message: expect.stringContaining('has not taken the message in 5s') });
    expect(notesOf(run)).toEqual(['x']);
  });

  it.each([
    ['note', () => (world: SimWorld) => note(world, ['x'], {})],
    ['abort', () => (world: SimWorld) => abort(world, [], {})],
  ])('%s: no session runs: refused', async (_, command) => {
    const world = new SimWorld();
    await expect(world.run(() => command()(world))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('no session is running'),
    });
  });

  it('a note of a lock whose holder is gone is no running session', async () => {
    const world = new SimWorld();
    await world.fs.makeFolder(LOCKS, 0o700);
    await world.fs.write(LOCK, JSON.stringify({ session: 'one' }));
    await expect(world.run(() => note(world, ['x'], { sessions: SESSIONS }))).rejects.toBeInstanceOf(GamedayError);
  });

  it('the list beside a lock is no lock: it is never taken, which would empty it', async () => {
    const world = new SimWorld();
    await world.fs.makeFolder(LOCKS, 0o700);
    await world.fs.write(LOCK, '');
    await world.fs.write(`${LOCK}.sessions`, '/srv/elsewhere/one\n');
    const taken: string[] = [];
    const acquire = world.locks.acquire.bind(world.locks);
    world.locks.acquire = (path, owner) => {
      taken.push(path);
      return acquire(path, owner);
    };
    await expect(world.run(() => note(world, ['x'], {}))).rejects.toBeInstanceOf(GamedayError);
    expect(taken).toEqual([LOCK]);
  });

  it('a lock whose note leads out of the sessions folder is not followed', async () => {
    const world = new SimWorld();
    await world.fs.makeFolder(LOCKS, 0o700);
    await world.fs.write(LOCK, '');
    await world.fs.makeFolder('/srv/elsewhere/inbox');
    await world.fs.write('/srv/elsewhere/journal.jsonl', '');
    const owner = { pid: 7, startTime: '1', host: 'sim-host', session: '../elsewhere', since: 'now' };
    world.locks.holdElsewhere(LOCK, owner);
    await expect(world.run(() => note(world, ['x'], { sessions: SESSIONS }))).rejects.toMatchObject({ exitCode: 3 });
    expect(await world.fs.list('/srv/elsewhere/inbox')).toEqual([]);
  });
});
