import type { JournalSabotage, LiveSabotage, Sabotage } from './sabotage.ts';

/** Sabotages that share one session. */
export interface Round {
  readonly scenario: string;
  readonly name: string;
  readonly sabotages: readonly LiveSabotage[];
}

/** One round for each name within a scenario, one for each sabotage without; in the order of the list. */
export function roundsOf(sabotages: readonly LiveSabotage[]): readonly Round[] {
  const rounds = new Map<string, LiveSabotage[]>();
  for (const one of sabotages) {
    const key = one.round === undefined ? one.id : `${one.scenario.toLowerCase()}-${one.round}`;
    rounds.set(key, [...(rounds.get(key) ?? []), one]);
  }
  return [...rounds].map(([name, list]) => ({ scenario: list[0]?.scenario ?? '', name, sabotages: list }));
}

export function isLive(one: Sabotage): one is LiveSabotage {
  return one.kind !== 'journal';
}

export function journalSabotages(all: readonly Sabotage[]): readonly JournalSabotage[] {
  return all.filter((one) => one.kind === 'journal');
}
