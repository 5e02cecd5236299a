import type { Ledger, LedgerEntry } from '../../src/core/ledger.ts';
import type { Clock } from '../../src/world/world.ts';

/** One write, as the engine would journal it. */
export async function writeEntry(clock: Clock, ledger: Ledger, id: number): Promise<LedgerEntry> {
  const startedAt = clock.now();
  const { outcome } = await ledger.write(id, AbortSignal.timeout(ledger.timeoutMs));
  return { id, startedAt, endedAt: clock.now(), outcome };
}

/** Writes with the ids from..to, one after the other. */
export async function writeEntries(clock: Clock, ledger: Ledger, from: number, to: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let id = from; id <= to; id += 1) entries.push(await writeEntry(clock, ledger, id));
  return entries;
}
