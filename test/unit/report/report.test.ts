import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import { renderMarkdown, templateProblem } from '../../../src/report/markdown.ts';
import { buildReport } from '../../../src/report/model.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { drillA, planA, sessionStarted } from '../../support/report-journal.ts';
import { fixedJudgement, resultOf } from '../../support/report-judgement.ts';

const TEMPLATE = readFileSync(new URL('../../../sessions/TEMPLATE.md', import.meta.url), 'utf8');

function report(records: readonly JournalRecord[]): string {
  const view = foldJournal(records);
  return renderMarkdown(buildReport(view, fixedJudgement(view), []), TEMPLATE);
}

/** Cells of each row of the drill's table. */
function rows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const header = lines.indexOf('| Timestamp | Action | Observation | Runbook used | Gap discovered |');
  const end = lines.findIndex((line, index) => index > header && line === '');
  return lines.slice(header + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/u)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('report.md', () => {
  it('reads as the golden one does', async () => {
    await expect(report(drillA().records)).toMatchFileSnapshot('report.golden');
  });

  it('has the same bytes before and after the journal is sealed', () => {
    const { records } = drillA();
    const sealed = records.filter((record) => record.type === 'session.sealed');
    expect(sealed).toHaveLength(1);
    expect(report(records.slice(0, -1))).toBe(report(records));
  });

  it('has exactly the promised columns, and a row for each thing that happened', () => {
    const table = rows(report(drillA().records));
    for (const row of table) expect(row).toHaveLength(5);
    const actions = table.map((row) => row[1]);
    for (const action of [
      'Fault: stop pg-1',
      'Proof: pg-1 is gone',
      'State',
      'Alert PostgresNodeDown (pg-1)',
      'Recovered',
      'Undo: start pg-1',
      'Restored: pg-1',
      'Finding',
    ]) {
      expect(actions).toContain(action);
    }
    expect(table.find((row) => row[1] === 'Finding')?.[4]).toBe('no alert says that the standby became primary');
    expect(table.find((row) => row[1] === 'Proof: pg-1 is gone')?.[3]).toBe('a-postgres-failover.md # Symptoms');
  });

  it('says "none" and finds a gap where the runbook or a heading is missing', () => {
    const missing = { scenario: 'A', path: 'a-postgres-failover.md', sha256: null, headings: [] };
    const without = report(drillA(sessionStarted({ runbooks: [missing] })).records);
    expect(rows(without).every((row) => row[3] === 'none')).toBe(true);
    expect(without).toContain('there is no runbook a-postgres-failover.md');

    const half = {
      ...missing,
      sha256: 'd'.repeat(64),
      headings: ['Symptoms', 'Detection', 'Diagnosis', 'Mitigation', 'Recovery'],
    };
    const partly = report(drillA(sessionStarted({ runbooks: [half] })).records);
    expect(partly).toContain('a-postgres-failover.md has no heading "Verification"');
    expect(rows(partly).find((row) => row[1] === 'Read back writes')?.[3]).toBe('none');
  });

  it('calls a gate that could not be judged a gap, but not where the drill itself was cut short', () => {
    const view = foldJournal(drillA().records);
    const judgement = fixedJudgement(view);
    const blind = resultOf('rto', { status: 'INCONCLUSIVE', value: null, reason: 'no write failed' });
    const kinds = (outcome: 'completed' | 'interrupted') => {
      const scenarios = judgement.scenarios.map((one) => ({
        ...one,
        outcome,
        gates: one.gates.map((gate) => (gate.spec.id === 'rto' ? { ...gate, result: blind } : gate)),
      }));
      return buildReport(view, { ...judgement, scenarios }, []).findings.map((one) => one.kind);
    };
    expect(kinds('completed')).toEqual(['alert-missing', 'inconclusive']);
    expect(kinds('interrupted')).toEqual(['alert-missing']);
  });

  it('says how to bring a node back that the journal does not show as restored', () => {
    const records = drillA().records.filter((record) => record.type !== 'undo.settled');
    const text = report(records);
    expect(text).toContain(
      'pg-1 was not restored (the journal does not say that it is back); by hand: gameday lab start pg-1',
    );
  });

  it('lets no text draw a table, a tag or a terminal escape', () => {
    const name = 'a|b<script>\u001b[31m';
    const plan = planA({ title: name, purpose: `# ${name}`, notProven: [`- ${name}`] });
    const records = drillA(sessionStarted({ environment: name, scenarios: [plan] })).records.map((record) =>
      record.type === 'fault.proven'
        ? { ...record, node: name, platform: name, independent: `${name}\n| x | y |` }
        : record,
    );
    const text = report(records);
    expect(text).not.toMatch(/<script/u);
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^\| x/mu);
    for (const row of rows(text)) expect(row).toHaveLength(5);
  });

  it('is rendered from a journal that stops anywhere', () => {
    const { records } = drillA();
    fc.assert(
      fc.property(fc.nat(records.length), (length) => {
        const view = foldJournal(records.slice(0, length));
        const text = renderMarkdown(buildReport(view, judgeSession(view), []), TEMPLATE);
        expect(text).toContain('# Game day on');
        expect(text.includes('The journal has no end')).toBe(view.ended === undefined);
      }),
    );
  });

  it('shows what is wrong with the journal', () => {
    const view = foldJournal(drillA().records);
    const model = buildReport(view, fixedJudgement(view), [{ line: 7, kind: 'hash', text: 'does not follow' }]);
    expect(renderMarkdown(model, TEMPLATE)).toContain('**Journal line 7: does not follow**');
  });

  it('runs no code that a template might hold, and tells a broken template', () => {
    const view = foldJournal(drillA().records);
    const model = buildReport(view, fixedJudgement(view), []);
    expect(renderMarkdown(model, '{{verdict}}{{unknown}}{{> partial}}<%= 1 + 1 %>')).toBe('INCONCLUSIVE<%= 1 + 1 %>');
    expect(templateProblem(TEMPLATE)).toBeUndefined();
    expect(templateProblem('{{#open}}')).toMatch(/open/u);
  });
});
