import { formatDuration } from '../core/duration.ts';
import { columns, wrap } from '../report/columns.ts';
import { safeText } from '../report/safe.ts';
import type { Row } from '../selftest/notice.ts';
import type { SelftestResult } from '../selftest/selftest.ts';

const WIDTH = 100;

/** What is not there to be tested: a stack that the lab does not have. */
export interface NotTested {
  readonly scenario: string;
  readonly reason: string;
}

/**
 * The table, gate by sabotage, under 100 columns where that can be had. A gate's rows stand together, the session's own
 * gates last. Ends with a newline.
 */
export function selftestTable(result: SelftestResult, notTested: readonly NotTested[]): string {
  const { baseline, rows, without } = result;
  const passed = baseline.gates.filter((gate) => gate.status === 'PASS').length;
  const missed = rows.filter((row) => !row.noticed);
  const lines = [
    `Without sabotage: ${baseline.verdict}, ${passed} of ${baseline.gates.length} gates`,
    ...(baseline.verdict === 'PASS' ? [] : [safeText(baseline.why)]),
  ];
  const table = columns([['gate', 'made by', 'sabotage', 'seen'], ...ordered(rows).map(cellsOf)], WIDTH);
  const ends = [
    ...without.map(({ scenario, gate }) => `NO SABOTAGE for ${scenario ?? 'the session'} ${gate}`),
    ...missed.map(missedText),
    ...notTested.map(({ scenario, reason }) => `not tested: ${scenario}: ${safeText(reason)}`),
    ...(result.interrupted ? ['interrupted: the rest was not tested'] : []),
    `${rows.length - missed.length} of ${rows.length} noticed, in ${formatDuration(result.tookMs)}`,
  ];
  return `${[lines.join('\n'), table, ends.join('\n')].join('\n\n')}\n`;
}

/** By gate, in the order in which a gate is first met. */
function ordered(rows: readonly Row[]): readonly Row[] {
  const places = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.scenario} ${row.gate}`;
    places.set(key, [...(places.get(key) ?? []), row]);
  }
  return [...places.values()].flat().sort((a, b) => (a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0));
}

function cellsOf({ scenario, gate, kind, title, seen, noticed }: Row): readonly string[] {
  return [`${scenario} ${gate}`, kind, title, noticed ? seen : `${seen}, NOT NOTICED`];
}

function missedText({ scenario, gate, title, wanted, seen, reason }: Row): string {
  const text = `NOT NOTICED: ${scenario} ${gate}, when ${title}: ${wanted} wanted, ${seen} seen: ${safeText(reason)}`;
  return wrap(text, WIDTH).join('\n  ');
}
