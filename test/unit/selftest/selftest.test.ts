import { describe, expect, test } from 'vitest';
import { sessionGates } from '../../../src/cli/session-started.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { editFile, restoreFile } from '../../../src/selftest/acts/files.ts';
import { judgeContent, noticedBy } from '../../../src/selftest/notice.ts';
import { type LiveSabotage, PREFLIGHT, type Sabotage, type Turn } from '../../../src/selftest/sabotage.ts';
import { type SelftestInput, type SessionRequest, selftest } from '../../../src/selftest/selftest.ts';
import { restored } from '../../../src/verdict/gates/index.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { WHOLE_LAB } from '../../support/whole-lab.ts';

function journalOf(change?: DrillParts['change']): Uint8Array {
  const built = drill({
    gates: [restored.spec('restored', 'the node is up', {})],
    session: { sessionGates: sessionGates(30_000).filter((gate) => gate.id === 'bad-run') },
    ...(change && { change }),
  });
  return new TextEncoder().encode(`${built.lines.join('\n')}\n`);
}
const GOOD = journalOf();
const NOT_RESTORED = journalOf((event) =>
  event.type === 'undo.settled' ? { ...event, outcome: 'not-restored', detail: 'no start' } : event,
);

const turn: Turn = { gate: 'restored', to: 'FAIL', because: /not restored: no start/ };
const live = (parts: Partial<LiveSabotage> = {}): LiveSabotage => ({
  id: 'a-test',
  title: 'a test',
  scenario: 'A',
  kind: 'servers',
  turns: [turn],
  ...parts,
});
/** The session's own gate, so that nothing is without. */
const paper: Sabotage = {
  id: 'a-paper',
  title: 'a bad run',
  scenario: 'A',
  kind: 'journal',
  turns: [{ gate: 'bad-run', to: 'not PASS', because: /./ }],
  edit: (records) => records.filter((one) => one.type !== 'samples'),
};

/** Runs the selftest over sessions that are told; the first is the one without sabotage. */
async function play(
  sabotages: readonly Sabotage[],
  answer: (request: SessionRequest) => Uint8Array | { readonly refused: string } | Error,
  parts: Partial<SelftestInput> = {},
  left?: string,
) {
  const world = new SimWorld();
  const asked: SessionRequest[] = [];
  let mended = 0;
  await world.fs.makeFolder(WHOLE_LAB.folder);
  if (left !== undefined) await world.fs.write(`${WHOLE_LAB.folder}/sabotaged`, left);
  const result = await world.run(() =>
    selftest({
      world,
      state: WHOLE_LAB,
      only: ['A'],
      sabotages,
      signal: new AbortController().signal,
      onStep: () => undefined,
      mend: async () => {
        mended += 1;
      },
      session: async (request) => {
        asked.push(request);
        if (request.name === 'baseline') return { kind: 'journal', bytes: GOOD };
        const said = answer(request);
        if (said instanceof Error) throw said;
        return said instanceof Uint8Array
          ? { kind: 'journal', bytes: said }
          : { kind: 'refused', message: said.refused };
      },
      ...parts,
    }),
  );
  return { result, asked, mended };
}

describe('a sabotage', () => {
  test('that turns its gate for the right reason is noticed', async () => {
    const { result, asked, mended } = await play([paper, live()], () => NOT_RESTORED);
    expect(result).toMatchObject({ ok: true, without: [], interrupted: false, baseline: { verdict: 'PASS' } });
    expect(result.rows.map((row) => [row.sabotage, row.seen, row.noticed])).toEqual([
      ['a-paper', 'INCONCLUSIVE', true],
      ['a-test', 'FAIL', true],
    ]);
    expect(asked.map((one) => one.name)).toEqual(['baseline', 'a-test']);
    expect(mended).toBe(1);
  });

  test('that nobody notices fails the selftest', async () => {
    const { result } = await play([paper, live()], () => GOOD);
    expect(result.ok).toBe(false);
    expect(result.rows.at(-1)).toMatchObject({ gate: 'restored', seen: 'PASS', noticed: false });
  });

  test('that is noticed for another reason is not noticed', async () => {
    const { result } = await play([paper, live({ turns: [{ ...turn, because: /moon/ }] })], () => NOT_RESTORED);
    expect(result.ok).toBe(false);
  });

  test('that must leave a gate alone fails the selftest where it does not, and covers no gate', async () => {
    const alone = live({ turns: [{ ...turn, to: 'PASS' }] });
    expect(
      (await play([paper, live(), { ...alone, id: 'a-alone' }], (one) => (one.name === 'a-test' ? NOT_RESTORED : GOOD)))
        .result.ok,
    ).toBe(true);
    expect((await play([paper, alone], () => NOT_RESTORED)).result.rows.at(-1)).toMatchObject({ noticed: false });
    expect((await play([paper, alone], () => GOOD)).result).toMatchObject({
      ok: false,
      without: [{ scenario: 'A', gate: 'restored' }],
    });
  });

  test('that cannot be made is not noticed, and its way back runs', async () => {
    const done: string[] = [];
    const broken = live({
      before: () => Promise.reject(new Error('no such server')),
      after: async () => void done.push('after'),
    });
    const { result, asked, mended } = await play([paper, broken], () => NOT_RESTORED);
    expect(result.rows.at(-1)).toMatchObject({ seen: 'nothing', reason: 'no such server', noticed: false });
    expect({ sessions: asked.length, done, mended }).toEqual({ sessions: 1, done: ['after'], mended: 1 });
  });

  test('whose session breaks down is put back too', async () => {
    const done: string[] = [];
    const { result } = await play(
      [paper, live({ after: async () => void done.push('after') })],
      () => new Error('lost'),
    );
    expect(result.rows.at(-1)).toMatchObject({ seen: 'nothing', noticed: false });
    expect(done).toEqual(['after']);
  });

  test('that cannot be undone ends the selftest', async () => {
    const stuck = live({ after: () => Promise.reject(new Error('deaf')) });
    await expect(play([paper, stuck], () => NOT_RESTORED)).rejects.toThrow(/could not be put back: a-test: deaf/);
  });

  test('that is refused is noticed where a refusal is wanted', () => {
    const turns: readonly Turn[] = [
      { gate: PREFLIGHT, to: 'refused', because: /no cookie/ },
      { gate: 'restored', to: 'INCONCLUSIVE', because: /./ },
    ];
    const rows = noticedBy(live({ turns }), { kind: 'refused', message: 'D sticky cookie: no cookie' });
    expect(rows.map((row) => row.noticed)).toEqual([true, false]);
    const ran = noticedBy(live({ turns }), { kind: 'judged', judgement: judgeContent(readJournal(GOOD)) });
    expect(ran[0]).toMatchObject({ seen: 'PASS', noticed: false });
  });
});

test('sabotages of one round share a session, with the settings and the lies of both', async () => {
  const said: string[] = [];
  const one = live({ round: 'both', settings: { version: 1 }, stop: async (_lab, _node, stop) => stop() });
  const two = live({
    id: 'a-two',
    round: 'both',
    before: async () => void said.push('two'),
    start: async () => void said.push('start'),
  });
  const { asked } = await play([paper, one, two], () => NOT_RESTORED);
  expect(asked).toHaveLength(2);
  expect(asked[1]?.settings).toContainEqual({ version: 1 });
  const node = { name: 'pg-1', platform: 'lab', labels: {} };
  const platform = asked[1]?.platform({
    id: 'lab',
    inspect: async () => ({ state: 'up', detail: '' }),
    byHand: () => '',
    stop: async () => void said.push('really stopped'),
    start: async () => void said.push('really started'),
  });
  await platform?.stop?.(node, { signal: new AbortController().signal });
  await platform?.start?.(node, { signal: new AbortController().signal });
  expect(said).toEqual(['two', 'really stopped', 'start']);
});

test('an interrupt ends it after the way back, and what was cut short is no test', async () => {
  const controller = new AbortController();
  const done: string[] = [];
  const cut = live({ after: async () => void done.push('after') });
  const { result, asked } = await play(
    [paper, cut, live({ id: 'a-next' })],
    () => {
      controller.abort();
      return NOT_RESTORED;
    },
    { signal: controller.signal },
  );
  expect(result).toMatchObject({ ok: false, interrupted: true });
  expect(result.rows.map((row) => row.sabotage)).toEqual(['a-paper']);
  expect({ sessions: asked.length, done }).toEqual({ sessions: 2, done: ['after'] });
});

test('what a killed selftest left in the lab is put back before anything else', async () => {
  const done: string[] = [];
  const one = live({ after: async () => void done.push('after') });
  const { mended } = await play([paper, one], () => NOT_RESTORED, {}, 'a-test\na-gone\n');
  expect({ done, mended }).toEqual({ done: ['after', 'after'], mended: 2 });
});

test('nothing is sabotaged where the session without sabotage does not pass', async () => {
  const { result, asked } = await play([paper, live()], () => NOT_RESTORED, {
    session: async () => ({ kind: 'journal', bytes: NOT_RESTORED }),
  });
  expect(result).toMatchObject({ ok: false, rows: [], baseline: { verdict: 'FAIL' } });
  expect(asked).toEqual([]);
});

test('a changed file is put back from the copy beside it, also by another process', async () => {
  const world = new SimWorld();
  const lab = { world, state: WHOLE_LAB, signal: new AbortController().signal };
  const path = '/srv/a.cfg';
  const loaded: (string | undefined)[] = [];
  const load = async () => void loaded.push(await world.fs.readText(path));
  await world.fs.write(path, 'good\n');
  await editFile(lab, path, (text) => text.replace('good', 'bad'));
  await editFile(lab, path, (text) => `${text}worse\n`);
  expect(await world.fs.readText(path)).toBe('bad\nworse\n');
  await expect(editFile(lab, path, (text) => text)).rejects.toThrow(/nothing was changed/);
  expect(await restoreFile(lab, path, load)).toBe(true);
  expect(await restoreFile(lab, path, load)).toBe(false);
  expect(loaded).toEqual(['good\n']);
});
