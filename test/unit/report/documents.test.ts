import { describe, expect, it, test } from 'vitest';
import { foldJournal } from '../../../src/journal/fold.ts';
import { resultJson } from '../../../src/report/json.ts';
import { buildManifest } from '../../../src/report/manifest.ts';
import { notDrilledRows } from '../../../src/report/not-drilled.ts';
import { insertRow, scheduleRow } from '../../../src/report/schedule.ts';
import { summaryTable } from '../../../src/report/summary.ts';
import { drillA, planA, sessionStarted } from '../../support/report-journal.ts';
import { fixedJudgement } from '../../support/report-judgement.ts';

const view = foldJournal(drillA().records);
const judgement = fixedJudgement(view);

describe('result.json', () => {
  const result = resultJson(view, judgement);

  it('says what was judged, and how long each fault lasted', () => {
    expect(result).toMatchObject({
      version: 1,
      session: '2026-11-20T09-30-00Z-lab',
      verdict: 'INCONCLUSIVE',
      exit: 3,
      restored: true,
    });
    expect(result.scenarios[0]?.faults).toEqual([
      {
        id: 'A1',
        node: 'pg-1',
        action: 'stop',
        requestedAt: '2026-11-20T09:30:20.000Z',
        provenMs: 300,
        outageMs: 16_000,
        undoMs: 2_000,
        restored: true,
      },
    ]);
    expect(result.scenarios[0]?.gates[0]).toMatchObject({ id: 'rto', status: 'PASS', value: 4_610, unit: 'ms' });
    expect(result.gaps.map((gap) => gap.kind)).toEqual(['alert-missing']);
  });

  it('survives JSON, and is the same before the seal', () => {
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(resultJson(foldJournal(drillA().records.slice(0, -1)), judgement)).toEqual(result);
  });

  it('names the line of the file on which the session ended, whatever a crash left before it', () => {
    const ended = view.ended?.seq ?? Number.NaN;
    expect(result.head?.line).toBe(ended + 1);
    expect(resultJson(view, judgement, (seq) => seq + 3).head?.line).toBe(ended + 3);
  });
});

describe('the summary table', () => {
  const text = summaryTable(view, judgement, { report: 'sessions/x/report.md', head: 'e'.repeat(64) });

  it('fits into 100 columns of plain text and names the figures, the verdict and the exit code', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(100);
    expect(text).toMatch(/^A Postgres failover +PASS +rto 4\.61s; data 0 lost of 812; rejoin 3s$/mu);
    expect(text).toMatch(/^C MinIO two-node kill +not drilled +there is no minio binary$/mu);
    expect(text).toContain('Exit 3: nothing can be said');
    expect(text).toContain(`Journal head: ${'e'.repeat(64)}`);
  });

  it('holds no escape, whatever a title says', () => {
    const hostile = foldJournal(
      drillA(sessionStarted({ scenarios: [planA({ title: 'x\u001b[31m'.repeat(40) })] })).records,
    );
    const shown = summaryTable(hostile, fixedJudgement(hostile));
    expect(shown).not.toContain('\u001b');
    for (const line of shown.split('\n')) expect(line.length).toBeLessThan(100);
  });

  it('says what is wrong where nothing was read', () => {
    const empty = foldJournal([]);
    expect(summaryTable(empty, fixedJudgement(empty))).toContain('(unknown session)');
  });
});

test('drills left out for one reason take one row', () => {
  const reason = 'not named by --only';
  const left = ['A', 'B', 'E'].map((id) => ({ id, title: `title ${id}`, reason: id === 'E' ? 'other' : reason }));
  expect(notDrilledRows(left)).toEqual([
    { id: 'A, B', title: '', reason },
    { id: 'E', title: 'title E', reason: 'other' },
  ]);
});

describe('the schedule', () => {
  const row = scheduleRow(view, judgement);

  it('has one row a session, however often it is written', () => {
    const once = insertRow('', row);
    expect(once.split('\n').filter((line) => line.includes('2026-11-20T09-30-00Z-lab'))).toHaveLength(1);
    expect(insertRow(once, row)).toBe(once);
    const changed = insertRow(once, { ...row, line: row.line.replace('INCONCLUSIVE |', 'FAIL |') });
    expect(changed.split('\n')).toHaveLength(once.split('\n').length);
    expect(changed).toContain('FAIL |');
  });

  it('shows the profile: a short one passes sooner', () => {
    expect(row.line).toContain('| lab (standard) |');
  });

  it('appends below the last row and leaves the rest of the file alone', () => {
    const file =
      '# Sessions\n\n| Date | Session | Environment | Scenarios | Verdict | Report | Gaps |\n|---|---|---|---|---|---|---|\n\nAfter the table.\n';
    const other = { session: 'later', line: '| d | later | e | A PASS | PASS | [report](later/report.md) | none |' };
    const text = insertRow(insertRow(file, row), other);
    expect(text).toBe(file.replace('\n\nAfter', `\n${row.line}\n${other.line}\n\nAfter`));
  });

  it('finds its row again when the session name needs escaping', () => {
    const odd = foldJournal(drillA(sessionStarted({ session: 'a|b_' })).records);
    const oddRow = scheduleRow(odd, fixedJudgement(odd));
    expect(insertRow(insertRow('', oddRow), oddRow)).toBe(insertRow('', oddRow));
  });

  it('adds a table to a text that has none', () => {
    expect(insertRow('# Mine\n\nText.\n', row)).toBe(
      `# Mine\n\nText.\n\n${insertRow('', row).slice('# Sessions\n\n'.length)}`,
    );
  });
});

describe('manifest.json', () => {
  it('lists seals, artefacts by name, runbooks and versions', () => {
    const manifest = buildManifest(view, 'f'.repeat(64), [
      { name: 'session.log', sha256: '1' },
      { name: 'report.md', sha256: '2' },
    ]);
    expect(manifest.artefacts.map((one) => one.name)).toEqual(['report.md', 'session.log']);
    expect(manifest.seals).toEqual([{ line: 44, head: 'c'.repeat(64) }]);
    expect(manifest).toMatchObject({
      head: 'f'.repeat(64),
      session: '2026-11-20T09-30-00Z-lab',
      versions: { postgres: '15.8' },
    });
  });
});
