import { describe, expect, it } from 'vitest';
import { later, notesOf } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, why } from '../support/sim-session.ts';

const FOLDER = '/srv/sessions/one';
const INBOX = `${FOLDER}/inbox`;

/** Lays a file into the inbox of a running session. */
async function withFile(name: string, content: string | Uint8Array): Promise<SimRun> {
  return runSim({
    arrange: (setup) => later(setup, 5_000, () => setup.world.fs.write(`${INBOX}/${name}`, content)),
  });
}

describe('the inbox of a running session', () => {
  it('is for its owner alone, and empty when the session has ended', async () => {
    const run = await withFile('a.json', JSON.stringify({ kind: 'note', text: 'the page came' }));
    expect(run.world.fs.inspect(INBOX)?.mode).toBe(0o700);
    expect(await run.world.fs.list(INBOX)).toEqual([]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  });

  it('a note belongs to the drill that runs', async () => {
    const run = await withFile('a.json', JSON.stringify({ kind: 'note', text: 'the page came' }));
    expect(ofType(run.records, 'note')).toMatchObject([{ scenario: 'A', text: 'the page came' }]);
  });

  it('a note that is a finding is one in the report', async () => {
    const run = await withFile('a.json', JSON.stringify({ kind: 'note', text: 'nobody was paged', gap: true }));
    expect(ofType(run.records, 'gap')).toMatchObject([{ scenario: 'A', kind: 'noted', text: 'nobody was paged' }]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  });

  it('what comes while everything is still being looked at belongs to no drill', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        const preflight = async () => {
          await world.fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'ready' }));
          await world.clock.sleep(1_000);
          return [];
        };
        return [{ ...simDrill(cluster), preflight }];
      },
    });
    expect(ofType(run.records, 'note')).toMatchObject([{ scenario: null, text: 'ready' }]);
  });

  it('what comes when the last drill has just ended is still written down', async () => {
    let put: () => unknown = () => undefined;
    const run = await runSim({
      arrange: ({ world }) => {
        put = () => world.fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'well done' }));
      },
      onRecord: (record) => {
        if (record.type === 'scenario.ended') put();
      },
    });
    expect(ofType(run.records, 'note')).toMatchObject([{ scenario: null, text: 'well done' }]);
    expect(await run.world.fs.list(INBOX)).toEqual([]);
  });

  it('a message is on disk before its file is gone', async () => {
    let journaled: boolean | undefined;
    await runSim({
      arrange: (setup) => {
        const { fs } = setup.world;
        later(setup, 5_000, () => fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'the page came' })));
        const remove = fs.remove.bind(fs);
        fs.remove = async (path) => {
          if (path.endsWith('a.json'))
            journaled = (await fs.readText(`${FOLDER}/journal.jsonl`))?.includes('the page came');
          await remove(path);
        };
      },
    });
    expect(journaled).toBe(true);
  });

  it('a message that could not be written down stays', async () => {
    const run = await runSim({
      arrange: (setup) => {
        const { fs } = setup.world;
        later(setup, 5_000, async () => {
          await fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'the page came' }));
          fs.fault = ({ kind, path }) =>
            kind === 'append' && path.endsWith('journal.jsonl') ? { code: 'ENOSPC' } : undefined;
        });
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost' });
    expect(await run.world.fs.list(INBOX)).toEqual(['a.json']);
    expect(run.cluster.down()).toEqual([]);
  });

  it.each([
    ['no JSON', '{"kind":"note"', 'not JSON'],
    ['no object', '[1]', 'not an object'],
    ['no bytes at all', '', 'empty'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not JSON'],
    ['an unknown kind', '{"kind":"rm","text":"x"}', 'kind is neither note nor abort'],
    ['no text', '{"kind":"note"}', 'text is no text'],
    ['an empty text', '{"kind":"note","text":"\\u0007 "}', 'text is empty'],
    ['a gap that is neither true nor false', '{"kind":"note","text":"x","gap":1}', 'gap is neither true nor false'],
    ['too much', JSON.stringify({ kind: 'note', text: 'x'.repeat(16_384) }), 'longer than 16 KiB'],
  ])('%s: said, removed, and nothing else happens', async (_, content, problem) => {
    const run = await withFile('a.json', content);
    expect(notesOf(run)).toEqual([`a.json in the inbox is no message, removed: ${problem}`]);
    expect(await run.world.fs.list(INBOX)).toEqual([]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  });

  it('as much as fits is taken whole', async () => {
    const text = 'x'.repeat(16_384 - JSON.stringify({ kind: 'note', text: '' }).length);
    expect(notesOf(await withFile('a.json', JSON.stringify({ kind: 'note', text })))).toEqual([text]);
  });

  it('nothing in a text or a name is obeyed by a terminal', async () => {
    const text = 'one\u001b[2Jtwo\r\nthree\u202efour\u0000\u2028five';
    const run = await withFile('\u001b]0;owned\u0007.json', JSON.stringify({ kind: 'note', text }));
    expect(notesOf(run)).toEqual(['onetwo threefour five']);
    const refused = await withFile('\u001b]0;owned\u0007.json', '');
    expect(notesOf(refused)).toEqual([']0;owned.json in the inbox is no message, removed: empty']);
  });

  it('a folder in it is no message either', async () => {
    const run = await runSim({
      arrange: (setup) => later(setup, 5_000, () => setup.world.fs.makeFolder(`${INBOX}/a.json`)),
    });
    expect(notesOf(run)).toEqual([expect.stringMatching(/^a\.json in the inbox is no message, removed: EISDIR/)]);
    expect(await run.world.fs.list(INBOX)).toEqual([]);
  });

  it('a file that is still being written is let alone, until its writer has surely given it up', async () => {
    const run = await runSim({
      arrange: (setup) => {
        const { fs } = setup.world;
        const path = `${INBOX}/a.json.0123.tmp`;
        later(setup, 5_000, () => fs.write(path, '{"kind":'));
        later(setup, 7_000, async () => {
          await fs.remove(path);
          await fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'complete' }));
          await fs.write(`${INBOX}/b.json.4567.tmp`, '{"kind":');
        });
      },
    });
    expect(notesOf(run)).toEqual([
      'complete',
      'b.json.4567.tmp in the inbox is no message, removed: its writer did not finish it',
    ]);
  });

  it('a file that cannot be removed is taken once', async () => {
    const run = await runSim({
      arrange: (setup) => {
        const { fs } = setup.world;
        later(setup, 5_000, () => fs.write(`${INBOX}/a.json`, JSON.stringify({ kind: 'note', text: 'the page came' })));
        fs.fault = ({ kind, path }) => (kind === 'remove' && path.startsWith(INBOX) ? { code: 'EACCES' } : undefined);
      },
    });
    expect(notesOf(run)).toEqual(['the page came', expect.stringContaining('a.json cannot be removed from the inbox')]);
  });

  it('one that cannot be made is said, and the drill goes on without', async () => {
    const run = await runSim({
      arrange: ({ world }) => {
        world.fs.fault = ({ kind, path }) => (kind === 'folder' && path === INBOX ? { code: 'EROFS' } : undefined);
      },
    });
    expect(notesOf(run)).toEqual([expect.stringContaining('the inbox could not be made')]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  });
});
