import type { JournalView } from '../journal/view.ts';
import type { JudgedGate, ScenarioJudgement, SessionJudgement } from '../verdict/judge.ts';
import { columns, wrap } from './columns.ts';
import { exitMeaning } from './exit.ts';
import { findingsOf } from './findings.ts';
import { keyFigures } from './key-figures.ts';
import { notDrilledRows } from './not-drilled.ts';
import { safeText } from './safe.ts';

const WIDTH = 98;

/** What only the end of a run knows; left out when the table is made again from a journal. */
export interface SummaryExtras {
  /** Path of the report, for people. */
  readonly report?: string;
  /** Hash of the journal's last line: kept elsewhere, it shows truncation and rewriting. */
  readonly head?: string;
}

/**
 * The final table: plain text under 100 columns, no colour, fit for pasting into a chat. Scenarios with their key
 * figures, session gates, findings, the verdict and what the exit code means. Ends with a newline.
 */
export function summaryTable(view: JournalView, judgement: SessionJudgement, extras: SummaryExtras = {}): string {
  // Gates that could not be judged stand in the tables already.
  const findings = findingsOf(view, judgement).filter((one) => one.kind !== 'inconclusive');
  const skipped = notDrilledRows(view.started?.notDrilled ?? []).map((one) => [
    `${one.id} ${one.title}`.trim(),
    'not drilled',
    one.reason,
  ]);
  const drills = [...judgement.scenarios.map(scenarioRow), ...skipped];
  const session = judgement.session.map((gate) => [gate.spec.id, gate.result.status, gateText(gate)]);
  const blocks = [
    `Game day ${view.started?.session ?? '(unknown session)'} on ${view.started?.environment ?? 'an unknown environment'}`,
    table(['Scenario', 'Verdict', 'Measured'], drills),
    table(['Session gate', 'Status', 'Measured'], session),
    findings.length === 0
      ? ''
      : list(
          'Findings:',
          findings.map((one) => `${one.scenario ?? 'session'} ${one.kind}: ${one.text}`),
        ),
    [
      ...wrap(safeText(judgement.headline, 600), WIDTH),
      `Exit ${judgement.exit}: ${exitMeaning(view, judgement)}`,
      ...(extras.report === undefined ? [] : [`Report: ${safeText(extras.report)}`]),
      ...(extras.head === undefined ? [] : [`Journal head: ${extras.head}`]),
    ].join('\n'),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lead = rows.map((row) => row.map((cell, index) => safeText(cell, index === 0 ? 44 : 400)));
  return columns([header, ...lead], WIDTH);
}

function list(header: string, items: readonly string[]): string {
  return [header, ...items.flatMap((item) => hanging(`- ${safeText(item)}`))].join('\n');
}

function hanging(item: string): readonly string[] {
  return wrap(item, WIDTH - 2).map((line, index) => (index === 0 ? line : `  ${line}`));
}

function scenarioRow(scenario: ScenarioJudgement): readonly string[] {
  const figures = keyFigures(scenario.gates).join('; ');
  const troubles = scenario.gates
    .filter(({ result }) => result.status !== 'PASS')
    .map(({ spec, result }) => `${result.status} ${spec.id}${result.reason === '' ? '' : `: ${result.reason}`}`);
  // A drill that never struck has one reason, not one a gate.
  const text =
    scenario.why === ''
      ? [figures, ...troubles]
      : [figures, scenario.why, ...troubles.filter((one) => one.startsWith('FAIL'))];
  return [`${scenario.plan.id} ${scenario.plan.title}`, scenario.verdict, text.filter((one) => one !== '').join('; ')];
}

function gateText({ result }: JudgedGate): string {
  const limit = result.limit === '' ? '' : ` (${result.limit})`;
  return `${result.measured}${limit}${result.reason === '' ? '' : `; ${result.reason}`}`;
}
