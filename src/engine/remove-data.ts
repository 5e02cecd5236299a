import { messageOf } from '../core/errors.ts';
import type { Ledger } from '../core/ledger.ts';
import type { GamedayEvent } from '../journal/events.ts';
import { withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';

const REMOVE_DEADLINE_MS = 30_000;

/** What is journaled of a removal, whatever becomes of the journal. */
export interface RemovalLog {
  attempt(event: GamedayEvent): Promise<void>;
}

/** Removes what a ledger has created, and journals it; what stays behind is a finding that names it and the way to remove it. Never rejects. */
export async function removeData(
  ledger: Pick<Ledger, 'name' | 'namespace' | 'remove'>,
  scenario: string,
  clock: Clock,
  log: RemovalLog,
): Promise<boolean> {
  try {
    await withDeadline(clock, REMOVE_DEADLINE_MS, undefined, (signal) => ledger.remove(signal));
  } catch (error) {
    await log.attempt(leftoverData(scenario, ledger.namespace, messageOf(error)));
    return false;
  }
  await log.attempt({ type: 'ledger.removed', scenario, ledger: ledger.name });
  return true;
}

/** The finding about data that nobody could remove. */
export function leftoverData(scenario: string, { what, byHand }: Ledger['namespace'], why: string): GamedayEvent {
  const text = `${what} could not be removed: ${why}; remove it by hand: ${byHand}`;
  return { type: 'gap', scenario, kind: 'leftover-data', text };
}
