import { describe, expect, it } from 'vitest';
import { type Ended, type Setup, session } from '../support/canary-session.ts';

const BY_HAND = /start n\d/;

/** No start works, so a node stays down. */
function nothingStarts({ platform }: Setup): void {
  platform.starts.push(...Array.from({ length: 500 }, () => 'fail' as const));
}

/** The nth reading of the sealed journal fails. */
function unreadable(nth: number, { world }: Setup): void {
  const read = world.fs.readBytes.bind(world.fs);
  let reads = 0;
  world.fs.readBytes = async (path) => {
    const bytes = await read(path);
    if (bytes === undefined || !path.endsWith('journal.jsonl') || !bytesHold(bytes, 'session.sealed')) return bytes;
    reads += 1;
    if (reads === nth) throw Object.assign(new Error('EIO: the disk is gone'), { code: 'EIO' });
    return bytes;
  };
}

function bytesHold(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).includes(text);
}

function shownOnStderr({ written }: Ended): string {
  return written.get('stderr')?.toString() ?? '';
}

describe('a node that is still down when the session has ended outranks whatever goes wrong afterwards', () => {
  it.each([
    ['the engine reads the journal once more', 1],
    ['the session is read for the report', 2],
  ])('%s, and cannot', async (_, nth) => {
    for (const json of [false, true]) {
      const ended = await session({
        json,
        arrange: (setup) => {
          nothingStarts(setup);
          unreadable(nth, setup);
        },
      });
      expect(ended.exit).toBe(5);
      const last = shownOnStderr(ended).slice(shownOnStderr(ended).lastIndexOf('error: '));
      expect(last).toContain('AND a node is still down');
      expect(last).toMatch(BY_HAND);
      if (json)
        expect(JSON.parse(ended.written.get('stdout')?.toString() ?? '')).toMatchObject({
          exit: 5,
          error: { code: 'not-restored', hint: expect.stringMatching(BY_HAND) },
        });
    }
  });

  it('the table cannot be written', async () => {
    const ended = await session({
      arrange: (setup) => {
        nothingStarts(setup);
        setup.world.tty.out.write = () => {
          throw new Error('stdout is gone');
        };
      },
    });
    expect(ended.exit).toBe(5);
    expect(shownOnStderr(ended)).toMatch(/error: .*AND a node is still down/);
    expect(shownOnStderr(ended).split('type this now')[1]).toMatch(BY_HAND);
  });

  it('no report can be written', async () => {
    const ended = await session({
      arrange: (setup) => {
        nothingStarts(setup);
        setup.world.fs.fault = ({ kind, path }) =>
          kind === 'write' && /report\.md|result\.json|manifest\.json/.test(path) ? { code: 'ENOSPC' } : undefined;
      },
    });
    expect(ended.exit).toBe(5);
    expect(shownOnStderr(ended)).toContain('the report could not be written');
    expect(shownOnStderr(ended)).toMatch(BY_HAND);
  });

  it('the journal vanishes', async () => {
    const ended = await session({
      arrange: (setup) => {
        nothingStarts(setup);
        const { fs } = setup.world;
        const exists = fs.exists.bind(fs);
        fs.exists = async (path) => (path.endsWith('journal.jsonl') ? false : exists(path));
      },
    });
    expect(ended.exit).toBe(5);
    expect(shownOnStderr(ended).split('type this now')[1]).toMatch(BY_HAND);
  });
});

it('where every node is back, the same is an error of our own', async () => {
  const ended = await session({ arrange: (setup) => unreadable(2, setup) });
  expect(ended.exit).toBe(4);
  expect(shownOnStderr(ended)).not.toContain('still down');
});
