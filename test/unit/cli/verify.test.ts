import { beforeEach, describe, expect, it } from 'vitest';
import { readSession, writeManifest, writeReport } from '../../../src/cli/artefacts.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { openSessionLog } from '../../../src/cli/session-log.ts';
import { recoverSession } from '../../../src/engine/index.ts';
import { encode } from '../../../src/journal/codec.ts';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { goOn, journalLines, linesOf, note, SEAL, successor } from '../../support/journal-lines.ts';
import { simLedgers } from '../../support/sim-drill.ts';
import { runSim, type SimRun } from '../../support/sim-session.ts';
import type { SimWorld } from '../../support/sim-world.ts';

const FOLDER = '/srv/sessions/one';
const JOURNAL = `${FOLDER}/journal.jsonl`;

let sim: SimRun;
let world: SimWorld;

/** A session that went well, with everything that belongs into its folder. */
beforeEach(async () => {
  sim = await runSim();
  world = sim.world;
  await keep();
});

/** Writes what `run` and `recover` write beside the journal. */
async function keep(before = 0): Promise<void> {
  const { records } = await journal();
  const log = await openSessionLog(world, FOLDER, records.slice(0, before));
  for (const record of records.slice(before)) log.add(record);
  expect(await log.close()).toBeUndefined();
  const session = await readSession(world, FOLDER);
  await writeReport(world, session);
  await writeManifest(world, session);
}

async function journal() {
  return readJournal(await bytes());
}

async function bytes(name = 'journal.jsonl'): Promise<Buffer> {
  return Buffer.from((await world.fs.readBytes(`${FOLDER}/${name}`)) ?? new Uint8Array());
}

async function verify(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  world.tty.out.text = '';
  const code = await runProgram(world, ['node', 'gameday', 'verify', FOLDER, ...args]);
  return { code, text: world.tty.out.text };
}

async function change(name: string, edit: (text: string) => string): Promise<void> {
  const before = (await bytes(name)).toString();
  const after = edit(before);
  expect(after).not.toBe(before);
  await world.fs.write(`${FOLDER}/${name}`, after);
}

/** Writes the records again with a true hash chain, as somebody would who knows it. */
function rewritten(records: readonly JournalRecord[]): string {
  let prev = '';
  return records
    .map((record, index) => {
      const own = index === 0 ? record : { ...record, prev };
      const { line, hash } = encode(record.type === 'session.sealed' ? { ...own, type: record.type, head: prev } : own);
      prev = hash;
      return `${line}\n`;
    })
    .join('');
}

describe('a session that went well', () => {
  it('is consistent, with itself and with its head', async () => {
    const { head } = await journal();
    expect(await verify()).toMatchObject({ code: 0, text: expect.stringMatching(/^consistent with itself/) });
    expect(await verify('--head', head)).toMatchObject({ code: 0, text: expect.stringContaining('and with the head') });
    expect(await verify('--head', head.toUpperCase())).toMatchObject({ code: 0 });
  });

  it('says the same with --json', async () => {
    const { head } = await journal();
    const good = await verify('--json');
    expect(good.code).toBe(0);
    expect(JSON.parse(good.text)).toMatchObject({ version: 1, consistent: true, wrong: [], verdict: 'PASS', head });
    const bad = await verify('--json', '--head', '0'.repeat(64));
    expect(bad.code).toBe(3);
    expect(JSON.parse(bad.text)).toMatchObject({ consistent: false, wrong: [expect.stringContaining('with head')] });
  });

  it('is not, with another head: the place is named', async () => {
    const { head, places } = await journal();
    const last = places.length;
    expect(await verify('--head', '0'.repeat(64))).toMatchObject({
      code: 3,
      text: expect.stringContaining(`line ${last}: the journal ends here with head `),
    });
    expect((await verify('--head', head.slice(0, 12))).text).toContain(
      'this is not a full hash of 64 hexadecimal digits',
    );
    expect(await verify('--head', places[last - 4]?.hash ?? '')).toMatchObject({
      code: 3,
      text: expect.stringContaining(`line ${last - 2}: the journal with this head ended before this line`),
    });
  });

  it('is not, with its end cut off: found by itself, or by the manifest, or by the head', async () => {
    const { head, records } = await journal();
    const lines = linesOf(journalLines('', await bytes()));
    await world.fs.write(JOURNAL, Buffer.concat(lines.slice(0, -1)));
    expect(await verify()).toMatchObject({
      code: 3,
      text: expect.stringContaining(`line ${lines.length - 1}: the journal is not sealed`),
    });
    // Sealed anew, by somebody who knows how.
    const cut = rewritten([
      ...records.slice(0, -6),
      ...records.slice(-1).map((one) => ({ ...one, seq: records.length - 6 })),
    ]);
    await world.fs.write(JOURNAL, cut);
    expect(await verify()).toMatchObject({
      code: 3,
      text: expect.stringContaining(`line ${lines.length - 5}: manifest.json was made for another end`),
    });
    await world.fs.remove(`${FOLDER}/manifest.json`);
    await runProgram(world, ['node', 'gameday', 'report', FOLDER]);
    expect((await verify('--head', head)).text).toContain(`line ${lines.length - 5}: the journal ends here with head`);
    expect((await verify('--head', head)).code).toBe(3);
  });

  it('is not, when its last line was changed: the manifest holds its hash', async () => {
    const { places, records } = await journal();
    const last = records.at(-1);
    await change('journal.jsonl', (text) =>
      text.replace(/"at":"[^"]*"(?=[^\n]*\n$)/, '"at":"2027-01-01T00:00:00.000Z"'),
    );
    expect((await journal()).problems).toEqual([]);
    expect(last?.type).toBe('session.sealed');
    expect(await verify()).toMatchObject({
      code: 3,
      text: expect.stringContaining(`line ${places.length}: the last line is not the one`),
    });
  });

  it.each(['report.md', 'result.json', 'session.log'])('is not, when %s was edited: it is named', async (name) => {
    if (name === 'report.md') await world.fs.write(`${FOLDER}/${name}`, 'PASS\n');
    else await change(name, (text) => text.replace('PASS', 'FAIL'));
    const { code, text } = await verify();
    expect(code).toBe(3);
    expect(text).toBe(
      `${name}: it was changed after it was written: its SHA-256 is not the one in manifest.json\nNOT consistent: 1 found in ${sim.records.length} records\n`,
    );
    // The manifest is made to fit: what the journal gives is something else all the same.
    await writeManifest(world, await readSession(world, FOLDER));
    const again = await verify();
    expect(again.code).toBe(3);
    expect(again.text).toMatch(
      new RegExp(`^${name}: .*it was changed, and manifest.json with it\nNOT consistent: 1 found`),
    );
  });

  it.each(['report.md', 'result.json', 'session.log', 'manifest.json'])('is not, without %s', async (name) => {
    await world.fs.remove(`${FOLDER}/${name}`);
    expect(await verify()).toMatchObject({
      code: 3,
      text: expect.stringMatching(new RegExp(`^${name}: it is missing`)),
    });
  });

  it('is not, with any change in the manifest', async () => {
    const text = (await bytes('manifest.json')).toString();
    const marks = text.split(/(?<=[,\n])/);
    for (const [index, mark] of marks.entries()) {
      const changed = marks
        .with(
          index,
          mark.replace(/[0-9a-z]/, (one) => (one === '1' ? '2' : '1')),
        )
        .join('');
      if (changed === text) continue;
      await world.fs.write(`${FOLDER}/manifest.json`, changed);
      expect((await verify()).code, changed).toBe(3);
    }
    for (const other of ['', '{}', 'null', `${text} `, text.slice(0, -1)]) {
      await world.fs.write(`${FOLDER}/manifest.json`, other);
      expect((await verify()).code, other).toBe(3);
    }
  });

  it('is not, when a verdict in it does not follow, though every line follows from the one before', async () => {
    const records = (await journal()).records.map((record): JournalRecord => {
      if (record.type === 'session.ended') return { ...record, verdict: 'FAIL' };
      return record.type === 'gate.judged' && record.gate === 'rto'
        ? { ...record, result: { ...record.result, status: 'FAIL' } }
        : record;
    });
    await world.fs.write(JOURNAL, rewritten(records));
    await runProgram(world, ['node', 'gameday', 'report', FOLDER]);
    const { code, text } = await verify();
    const line = (type: string) =>
      records.findIndex((one) => one.type === type && (!('gate' in one) || one.gate === 'rto')) + 1;
    expect(code).toBe(3);
    expect(text).toContain(`line ${line('gate.judged')}: gate rto of A was said to be FAIL; judged again it is PASS`);
    expect(text).toContain(`line ${line('session.ended')}: the session was said to be FAIL; judged again it is PASS`);
  });

  it('is consistent when a signal came between the judging and the first claim', async () => {
    const { records } = await journal();
    const first = records.findIndex((one) => one.type === 'gate.judged');
    const { v, at, t, prev } = records[first] ?? sim.records[0] ?? { v: 1, at: '', t: 0, prev: '' };
    const signal: JournalRecord = { v, seq: first, at, t, prev, type: 'interrupted', signal: 'SIGINT', count: 1 };
    const rest = records.slice(first).map((one) => ({ ...one, seq: one.seq + 1 }));
    await world.fs.write(JOURNAL, rewritten([...records.slice(0, first), signal, ...rest]));
    await world.fs.remove(`${FOLDER}/session.log`);
    await keep();
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it('is not known under another name', async () => {
    await expect(runProgram(world, ['node', 'gameday', 'verify', 'none'])).rejects.toMatchObject({
      code: 'no-journal',
      exitCode: 2,
    });
  });
});

describe('a journal that another process went on with', () => {
  it('is consistent after a recover, whose verdict is another one than before', async () => {
    sim = await runSim({
      arrange: ({ platform }) => platform.starts.push(...Array.from({ length: 200 }, () => 'fail' as const)),
    });
    world = sim.world;
    await keep();
    expect(sim.result?.exit).toBe(5);
    expect((await verify()).code).toBe(0);
    const { head, records } = await journal();
    sim.platform.starts.length = 0;
    const recovered = await world.run(() =>
      recoverSession({
        world,
        folder: FOLDER,
        origin: 'recover',
        reason: 'by hand',
        platforms: async () => new Map([[sim.platform.id, sim.platform]]),
        ledgers: (started) => simLedgers(sim.cluster, started),
        redact: (text) => text,
        version: '0.0.0',
        onRecord: () => undefined,
        onLeftDown: () => undefined,
      }),
    );
    expect(recovered.notRestored).toEqual([]);
    // Until its report is written anew, what is there tells of before.
    expect((await verify()).text).toContain(
      `line ${records.length + 1}: this line and those below it were added after manifest.json`,
    );
    await keep(records.length);
    const after = await verify();
    expect(after).toMatchObject({ code: 0, text: expect.stringContaining('written by run, then recover') });
    expect(await verify('--head', recovered.head ?? '')).toMatchObject({ code: 0 });
    expect(await verify('--head', head)).toMatchObject({ code: 3, text: expect.stringContaining('(by recover, ') });
  });

  it('shows a crash as a crash, and everything else that is wrong besides', async () => {
    const torn = (await bytes()).subarray(0, -700);
    await world.fs.write(JOURNAL, goOn(torn, [successor(torn), note('closed'), SEAL]));
    await runProgram(world, ['node', 'gameday', 'report', FOLDER]);
    await world.fs.write(`${FOLDER}/session.log`, '');
    await writeManifest(world, await readSession(world, FOLDER));
    const { problems, places } = await journal();
    expect(problems).toMatchObject([{ kind: 'crash' }]);
    const { code, text } = await verify();
    expect(text).toContain(`line ${problems[0]?.line}: a writer died in the middle of this line`);
    expect(code).toBe(0);
    const seals = JSON.parse((await bytes('manifest.json')).toString()).seals;
    expect(seals.at(-1).line).toBe(places.at(-1)?.line);
    // The torn line is counted here too: the note stands right before the seal.
    const { head } = JSON.parse((await bytes('result.json')).toString());
    expect(head.line).toBe((places.at(-1)?.line ?? Number.NaN) - 1);
  });

  it('is not consistent when something was written behind its seal that no writer began', async () => {
    const sealed = await bytes();
    await world.fs.write(JOURNAL, goOn(sealed, [note('all is well'), SEAL]));
    await runProgram(world, ['node', 'gameday', 'report', FOLDER]);
    const { code, text } = await verify();
    expect(code).toBe(3);
    expect(text).toContain(`line ${sim.records.length + 1}: written after the journal was sealed`);
  });
});

it('what a changed journal says reaches the terminal as plain text', async () => {
  await change('journal.jsonl', (text) => text.replace('"v":1', '"v":9,"x":"\u001b[2J\u202e"'));
  const { code, text } = await verify();
  expect(code).toBe(3);
  expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
});
