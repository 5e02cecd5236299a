import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { noticedBy } from '../../../src/selftest/notice.ts';
import { onPaperSabotages } from '../../../src/selftest/on-paper.ts';
import { injured } from '../../../src/selftest/selftest.ts';
import {
  command,
  expectAllUp,
  expectSealed,
  findSession,
  gateOf,
  labState,
  notPassed,
  parseDocument,
  type RunJson,
  secretsOfLab,
  startRun,
  wellLab,
} from '../../support/lab-drills.ts';
import { type Ended, endPrograms } from '../../support/lab-program.ts';

const DRILLS = [
  { id: 'A', stack: 'postgres', gates: ['rto', 'data', 'rejoin', 'healthy-pg-1', 'healthy-pg-2'] },
  { id: 'B', stack: 'redis', gates: ['rto', 'data', 'rejoin'] },
  {
    id: 'C',
    stack: 'minio',
    gates: [
      'reads',
      'objects',
      'live-status',
      'cluster-status',
      'cluster-read-status',
      'writes-back',
      'drives',
      'write-each',
    ],
  },
  {
    id: 'D',
    stack: 'haproxy',
    gates: ['down', 'clean-after-down', 'error-run', 'sticky-moved', 'session-moved', 'messages', 'up-again'],
  },
  { id: 'E', stack: 'rabbitmq', gates: ['error-run', 'back', 'loud', 'data'] },
] as const;
const FILES = ['journal.jsonl', 'manifest.json', 'report.md', 'result.json', 'session.log'];
const HEADER = '| Timestamp | Action | Observation | Runbook used | Gap discovered |';

afterEach(endPrograms);

/** Command lines of every process of this machine that hold one of these words. */
async function tellTales(words: readonly string[]): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => words.some((word) => line.includes(word)));
}

describe('one session of every drill, profile smoke', () => {
  let end: Ended;
  let json: RunJson;
  let folder: string;
  let records: readonly JournalRecord[];
  let secrets: readonly string[];
  let seenInProc: readonly string[];
  const missing = labState.missing.map((one) => one.stack);
  const drilled = DRILLS.filter(({ stack }) => !missing.includes(stack));
  if (missing.length > 0) console.warn(`drilled without ${missing.join(', ')}: the lab does not have them`);

  beforeAll(async () => {
    await wellLab();
    secrets = await secretsOfLab();
    const run = await startRun();
    const seen = new Set<string>();
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const line of await tellTales(secrets)) seen.add(line);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    end = await run.ended;
    over = true;
    await watching;
    seenInProc = [...seen];
    json = parseDocument(end);
    folder = (await findSession(run.sessions)) ?? '';
    records = (await expectSealed(folder)).records;
  });

  test('everything is up again', expectAllUp);

  test('its verdict is PASS, exit 0', () => {
    expect({ notPassed: notPassed(json), headline: json.headline }).toEqual({ notPassed: [], headline: json.headline });
    // A stack that the lab does not have was wanted and not looked at: then the session can pass nothing.
    const verdict = missing.length === 0 ? { verdict: 'PASS', exit: 0 } : { verdict: 'INCONCLUSIVE', exit: 3 };
    expect(json).toMatchObject({ ...verdict, restored: true, profile: 'smoke', kind: 'lab' });
    expect(end.code).toBe(verdict.exit);
  });

  test.each(drilled)('$id passed every one of its gates, with evidence that is in the journal', ({ id, gates }) => {
    const scenario = json.scenarios?.find((one) => one.id === id);
    expect(scenario).toMatchObject({ verdict: 'PASS', outcome: 'completed', why: '' });
    expect(scenario?.gates.map((gate) => gate.id)).toEqual(expect.arrayContaining([...gates, 'restored', 'healed']));
    for (const gate of scenario?.gates ?? []) {
      expect(gate, gate.id).toMatchObject({ status: 'PASS' });
      expect(gate.evidence.length, gate.id).toBeGreaterThan(0);
      expect(gate.evidence.filter(({ seq }) => records[seq]?.seq !== seq)).toEqual([]);
    }
    expect(scenario?.faults.length).toBe(id === 'C' ? 2 : 1);
    for (const fault of scenario?.faults ?? [])
      expect(fault).toMatchObject({ action: 'stop', restored: true, provenMs: expect.any(Number) });
  });

  test('the session gates passed: nothing silent, no long bad run, every expected alert', () => {
    for (const id of ['silent', 'bad-run', 'alerts']) expect(gateOf(json, null, id).status, id).toBe('PASS');
    for (const { id } of drilled) expect(gateOf(json, null, 'alerts').measured).toContain(`${id} `);
  });

  test('every fault was armed on disk before it was requested, and proven by two', () => {
    const order = ['undo.armed', 'fault.requested', 'fault.proven', 'undo.requested', 'undo.settled'];
    for (const { id, faults } of json.scenarios ?? []) {
      for (const fault of faults) {
        const own = records.filter((one) => 'fault' in one && one.fault === fault.id);
        expect(
          own.map((one) => one.type).filter((type) => order.includes(type)),
          `${id} ${fault.id}`,
        ).toEqual(order);
        const proven = own.find((one) => one.type === 'fault.proven');
        expect(proven).toMatchObject({
          platform: expect.stringContaining('down'),
          independent: expect.stringContaining('refused'),
        });
      }
    }
  });

  test('it says how long it took', async () => {
    expect(Date.parse(json.endedAt ?? '')).toBeGreaterThan(Date.parse(json.startedAt ?? ''));
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toMatch(/^- From .*Z to .*Z, \d+(m \d+)?(\.\d+)?s?/m);
  });

  test.skipIf(missing.length > 0)(
    'with one thing changed in its journal it no longer passes, for the right reason',
    async () => {
      const bytes = await readFile(join(folder, 'journal.jsonl'));
      const good = { bytes, content: readJournal(bytes) };
      const rows = onPaperSabotages.flatMap((one) => noticedBy(one, injured(one, good)));
      expect(rows.length).toBeGreaterThan(80);
      expect(rows.filter((row) => !row.noticed)).toEqual([]);
    },
  );

  test('the session folder holds all of its files and nothing else', async () => {
    expect((await readdir(folder)).sort()).toEqual([...FILES, 'inbox'].sort());
    expect(await readdir(join(folder, 'inbox'))).toEqual([]);
    expect(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))).toEqual(json);
    expect(await readFile(join(folder, '..', 'LAB.md'), 'utf8')).toContain(json.session ?? 'no session');
  });

  test('the log has a time on each line', async () => {
    const lines = (await readFile(join(folder, 'session.log'), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /.test(line))).toEqual([]);
  });

  test('the report has the five columns for each drill and every placeholder filled', async () => {
    const text = await readFile(join(folder, 'report.md'), 'utf8');
    expect(text).not.toMatch(/\{\{|\}\}/);
    const lines = text.split('\n');
    const tables = lines.flatMap((line, index) => (line === HEADER ? [index] : []));
    expect(tables.length).toBe(drilled.length);
    for (const start of tables) {
      const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
      const rows = lines.slice(start, start + length);
      expect(rows.length).toBeGreaterThan(6);
      // A pipe within a cell is escaped.
      expect(rows.map((row) => row.match(/(?<!\\)\|/g)?.length).filter((pipes) => pipes !== 6)).toEqual([]);
    }
    expect(json.gaps?.filter((gap) => gap.kind === 'runbook-missing')).toEqual([]);
  });

  test('report renders the same bytes again, and verify agrees', async () => {
    const read = () => Promise.all(FILES.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]));
    const before = await read();
    expect((await command('report', folder)).code).toBe(0);
    expect(await read()).toEqual(before);
    expect(await command('report', folder, '--stdout')).toMatchObject({
      code: 0,
      stdout: before.find(([name]) => name === 'report.md')?.[1],
    });
    const verified = await command('verify', folder);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('consistent') });
  });

  test('no password stands anywhere: not in its files, not in its output, not in a command line', async () => {
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    const texts = await Promise.all(
      FILES.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
    );
    const all = [...texts, ['stdout', end.stdout] as const, ['stderr', end.stderr] as const];
    expect(all.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([name]) => name)).toEqual([]);
    expect(seenInProc).toEqual([]);
  });
});

test('as plain text: a table to paste, lines with their time, and not one escape sequence', async () => {
  await wellLab();
  const run = await startRun({ command: ['run', '--profile', 'smoke', '--plain'], only: 'D' });
  const { code, stdout, stderr } = await run.ended;
  expect(code, `${stdout}\n${stderr.slice(-2_000)}`).toBe(0);
  expect(stdout).toMatch(/^Game day \S+-lab on lab$/m);
  expect(stdout).toMatch(/^D HAProxy backend kill\s+PASS /m);
  expect(stdout).toMatch(/^A, B, C, E\s+not drilled /m);
  expect(stdout).toMatch(/^PASS: 1 of 1 drills passed$/m);
  expect(stdout).toContain('Exit 0: ');
  expect(stdout).toMatch(/^Journal head: [0-9a-f]{64}$/m);
  expect(stderr).toMatch(/^\d{4}-\d\d-\d\dT\S+Z D \+\d\d:\d\d\.\d\d fault +api-[12] is gone, proven: /m);
  expect(`${stdout}${stderr}`).not.toContain('\u001b');
  expect(run.sessions && (await expectSealed(await run.folder())).problems).toEqual([]);
  await expectAllUp();
});
