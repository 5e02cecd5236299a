import { messageOf } from '../core/errors.ts';
import type { Ledger, Namespace } from '../core/ledger.ts';
import type { RecordOf } from '../journal/events.ts';
import type { JournalView, ScenarioView } from '../journal/view.ts';
import type { World } from '../world/world.ts';
import { leftoverData, type RemovalLog, removeData } from './remove-data.ts';

/** A stack whose node has just come back may need a while before it lets anything be removed. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 5_000;
const UNREAD = 'gameday died before it could read back what was acknowledged';

/** The ledgers of a session by scenario, made again by a process that did not open them. Rejects when that cannot be done here. */
export type LedgersOf = (started: RecordOf<'session.started'>) => Promise<ReadonlyMap<string, readonly Ledger[]>>;

/** What became of the places that a dead tool's ledgers had created. */
export interface DataRemoval {
  readonly removed: readonly Namespace[];
  readonly left: readonly Namespace[];
}

/** Places that ledgers of this session had created, and that are not known to be removed. */
export function dataLeft(
  view: JournalView,
): readonly { readonly scenario: ScenarioView; readonly opened: RecordOf<'ledger.opened'> }[] {
  return view.scenarios.flatMap((scenario) => [...scenario.opened.values()].map((opened) => ({ scenario, opened })));
}

/**
 * Removes what the ledgers of a dead tool have left, once the nodes are dealt with. What nobody has read back is said to
 * be unread first. `patient`: the stack is whole, so that it is worth to try again. Never rejects: a node that is up is
 * restored, whatever lies around.
 */
export async function removeDataLeft(
  clock: World['clock'],
  view: JournalView,
  ledgersOf: LedgersOf,
  patient: boolean,
  log: RemovalLog,
): Promise<DataRemoval> {
  const removed: Namespace[] = [];
  const left: Namespace[] = [];
  const found = dataLeft(view);
  if (found.length === 0) return { removed, left };
  const ledgers = await made(view, ledgersOf);
  for (const { scenario, opened } of found) {
    const { ledger: name, namespace } = opened;
    const { id } = scenario.plan;
    if (![...scenario.audits, ...scenario.unread].some((one) => one.ledger === name))
      await log.attempt({ type: 'ledger.unread', scenario: id, ledger: name, detail: UNREAD });
    const ledger = ledgers instanceof Error ? ledgers : ledgerOf(ledgers, id, opened);
    const isGone =
      ledger instanceof Error
        ? await log.attempt(leftoverData(id, namespace, messageOf(ledger))).then(() => false)
        : await removeAtLast(ledger, id, clock, patient, log);
    (isGone ? removed : left).push(namespace);
  }
  return { removed, left };
}

async function made(view: JournalView, ledgersOf: LedgersOf): Promise<ReadonlyMap<string, readonly Ledger[]> | Error> {
  try {
    if (view.started === undefined) throw new Error('the journal does not say how it is reached');
    return await ledgersOf(view.started);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Another place than the one that was opened is none of ours to remove. */
function ledgerOf(
  ledgers: ReadonlyMap<string, readonly Ledger[]>,
  scenario: string,
  { ledger: name, namespace }: RecordOf<'ledger.opened'>,
): Ledger | Error {
  const ledger = ledgers.get(scenario)?.find((one) => one.name === name);
  if (ledger === undefined) return new Error(`this version of gameday has no ledger ${name} in ${scenario}`);
  if (ledger.namespace.what === namespace.what) return ledger;
  return new Error(`the configuration in the journal leads to ${ledger.namespace.what}`);
}

/** Only the last of several failures is journaled. */
async function removeAtLast(
  ledger: Ledger,
  scenario: string,
  clock: World['clock'],
  patient: boolean,
  log: RemovalLog,
): Promise<boolean> {
  const silent: RemovalLog = { attempt: async (event) => (event.type === 'gap' ? undefined : log.attempt(event)) };
  const untilMs = clock.now() + (patient ? PATIENCE_MS : 0);
  for (;;) {
    const isLast = clock.now() >= untilMs;
    if (await removeData(ledger, scenario, clock, isLast ? log : silent)) return true;
    if (isLast) return false;
    await clock.sleep(PAUSE_MS);
  }
}
