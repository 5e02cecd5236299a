import { describe, expect, it } from 'vitest';
import { canaries } from '../support/canaries.ts';
import { type Ended, session } from '../support/canary-session.ts';

function found({ written }: Ended): readonly string[] {
  return [...written].flatMap(([name, bytes]) =>
    canaries()
      .filter((canary) => bytes.includes(canary))
      .map((canary) => `${canary} in ${name}`),
  );
}

/** Files of the session by their last part. */
function names({ written }: Ended): readonly string[] {
  return [...written.keys()].map((path) => path.replace(/^.*\//, '')).sort();
}

const ALL = ['journal.jsonl', 'manifest.json', 'report.md', 'result.json', 'session.log', 'stderr', 'stdout'];

function text({ written }: Ended, name: string): string {
  const [, bytes] = [...written].find(([path]) => path.endsWith(name)) ?? [];
  return bytes?.toString() ?? '';
}

describe('secrets that everything around the session repeats', () => {
  it('stand in nothing that is written or shown', async () => {
    const ended = await session({});
    expect(names(ended)).toEqual(expect.arrayContaining(ALL));
    expect(found(ended)).toEqual([]);
    // It was a whole session, and they were there to be found.
    const journal = text(ended, 'journal.jsonl');
    for (const type of [
      'fault.proven',
      'alert.changed',
      'log.matched',
      'ledger.entries',
      'observation',
      'undo.settled',
    ]) {
      const lines = journal.split('\n').filter((line) => line.includes(`"type":"${type}"`));
      expect(lines.join('\n'), type).toContain('[redacted]');
    }
    for (const name of ALL.filter((one) => one !== 'manifest.json'))
      expect(text(ended, name), name).toContain('redacted');
  });

  it('nor when its commands fail and a node stays down', async () => {
    const ended = await session({
      json: true,
      arrange: ({ platform }) => platform.starts.push(...Array.from({ length: 500 }, () => 'fail' as const)),
    });
    expect(ended.exit).toBe(5);
    expect(found(ended)).toEqual([]);
    expect(JSON.parse(text(ended, 'stdout'))).toMatchObject({ exit: 5, restored: false });
    expect(text(ended, 'report.md')).toContain('exit 1, stderr: ');
  });

  it.each([false, true])('nor when it is refused or an error of our own ends it (json: %s)', async (json) => {
    const refused = await session({
      json,
      change: (drill, leak) => ({
        ...drill,
        preflight: async () => {
          throw new Error(leak(), { cause: new Error(leak()) });
        },
      }),
    });
    expect(refused.exit).toBe(3);
    expect(found(refused)).toEqual([]);
    expect(text(refused, 'stderr')).toContain('refused before the first fault');
    const ours = await session({
      json,
      change: (drill, leak) => ({
        ...drill,
        strike: async () => {
          throw new TypeError(leak());
        },
      }),
    });
    expect(ours.exit).toBe(4);
    expect(found(ours)).toEqual([]);
  });

  it('nor when the journal is lost in the middle', async () => {
    const ended = await session({
      arrange: ({ world, leak }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && world.clock.now() > 1_010_000
            ? { code: leak() }
            : undefined;
      },
    });
    expect(ended.exit).toBe(4);
    expect(found(ended)).toEqual([]);
  });
});

describe('what a session writes', () => {
  it('can be read by its owner alone; the schedule holds no details', async () => {
    const { world, written } = await session({});
    const own = [...written.keys()].filter((path) => /\/srv\/sessions\/[^/]+\//.test(path));
    expect(own.length).toBe(5);
    for (const path of own) expect(world.fs.inspect(path)?.mode, path).toBe(0o600);
    const folder = own[0]?.replace(/\/[^/]+$/, '') ?? '';
    expect(world.fs.inspect(folder)?.mode).toBe(0o700);
    expect(world.fs.inspect('/srv/sessions/README.md')?.mode).toBe(0o644);
  });

  it('holds nothing that a terminal would obey, whatever servers say', async () => {
    for (const json of [false, true]) {
      const { written } = await session({ json });
      for (const [name, bytes] of written) {
        if (!name.startsWith('/srv/sessions/2') && !name.startsWith('std')) continue;
        const hostile = bytes.toString().match(/[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u);
        expect(hostile, name).toBeNull();
      }
    }
  });
});
