import type { ScenarioPlan } from '../core/scenario.ts';
import type { GamedayEvent, JournalRecord, RecordOf } from '../journal/events.ts';
import type { JournalSabotage } from './sabotage.ts';

type Records = readonly JournalRecord[];

/** Changes every record of one kind in one scenario; `undefined` takes it out. Throws where there is none. */
export function change<T extends GamedayEvent['type']>(
  records: Records,
  scenario: string,
  type: T,
  edit: (record: RecordOf<T>) => JournalRecord | undefined,
): Records {
  const isMeant = (record: JournalRecord): record is RecordOf<T> =>
    record.type === type && 'scenario' in record && record.scenario === scenario;
  if (!records.some(isMeant)) throw new Error(`the journal has no ${type} of ${scenario}`);
  return records.flatMap((record) => (isMeant(record) ? (edit(record) ?? []) : [record]));
}

/** When the first node of a scenario was asked to stop, and when the first was ordered back. CLOCK_MONOTONIC in ms. */
export function outageOf(records: Records, scenario: string): { readonly fromMs: number; readonly toMs: number } {
  const at = (type: 'fault.requested' | 'undo.requested') =>
    records.find((one) => one.type === type && one.scenario === scenario)?.t;
  const [fromMs, toMs] = [at('fault.requested'), at('undo.requested')];
  if (fromMs === undefined || toMs === undefined) throw new Error(`the journal has no outage of ${scenario}`);
  return { fromMs, toMs };
}

export function planOf(records: Records, scenario: string): ScenarioPlan {
  const started = records.find((one) => one.type === 'session.started');
  const plan = started?.type === 'session.started' ? started.scenarios.find((one) => one.id === scenario) : undefined;
  if (plan === undefined) throw new Error(`the journal has no plan of ${scenario}`);
  return plan;
}

/** Nobody looked between the two times: samples and writes that were under way then are not there. */
export function withoutLooks(records: Records, scenario: string, fromMs: number, toMs: number): Records {
  const outside = (startedAt: number, endedAt: number) => endedAt < fromMs || startedAt > toMs;
  return records.map((record) => {
    if (record.type === 'samples' && record.scenario === scenario)
      return { ...record, items: record.items.filter(([, startedAt, endedAt]) => outside(startedAt, endedAt)) };
    if (record.type === 'ledger.entries' && record.scenario === scenario)
      return { ...record, items: record.items.filter(([, startedAt, endedAt]) => outside(startedAt, endedAt)) };
    return record;
  });
}

/** Each line of a journal, to be cut and put together again. */
export function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split('\n');
}

export function bytesOf(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join('\n'));
}

/** One journal sabotage with what is the same for all. */
export function onPaper(one: Omit<JournalSabotage, 'kind'>): JournalSabotage {
  return { kind: 'journal', ...one };
}
