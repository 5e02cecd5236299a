import { join } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { GamedayEvent, JournalRecord, RecordOf, WriterStarted } from '../journal/events.ts';
import { foldJournal } from '../journal/fold.ts';
import { type JournalContent, readJournal } from '../journal/reader.ts';
import { armedFaults, type FaultView, type JournalView, mayBeAsked } from '../journal/view.ts';
import type { World } from '../world/world.ts';
import { type JournalDisk, judgeJournal, readWhole } from './judging.ts';
import { Recorder } from './recorder.ts';
import { type DataRemoval, type LedgersOf, removeDataLeft } from './recover-data.ts';
import { succeed } from './successor.ts';
import { carryOut, FAULT_DEADLINE_MS, leaveAlone, type NotRestored } from './undo.ts';

export interface RecoverInput {
  readonly world: World;
  /** The session's own folder, with its journal. */
  readonly folder: string;
  /** What was read there with the lock in hand. Default: it is read. */
  readonly left?: LeftBehind;
  readonly origin: 'guard' | 'recover';
  /** Why somebody else than the tool closes the journal, for the report. */
  readonly reason: string;
  /** How the nodes are reached. Asked only when something is armed; when it rejects, nothing can be restored. */
  readonly platforms: (started: RecordOf<'session.started'>) => Promise<ReadonlyMap<string, Platform>>;
  /** How what the ledgers have created is removed. Asked when everything else is done, and only where something was left. */
  readonly ledgers: LedgersOf;
  readonly redact: (text: string) => string;
  readonly version: string;
  /** Every record that is added, in order. Must not throw. */
  readonly onRecord: (record: JournalRecord) => void;
  /** Told at once, before the journal is: its disk may be what hangs. Must not throw. */
  readonly onLeftDown: (left: NotRestored) => void;
}

export interface Recovered {
  /** False: everything was restored and the journal was closed already; nothing was changed. */
  readonly acted: boolean;
  /** Nodes that were restored now, by name, in that order. */
  readonly restored: readonly string[];
  readonly notRestored: readonly NotRestored[];
  /** What the drill itself had written; absent where nothing was left. */
  readonly data?: DataRemoval;
  /** Why the journal could not be written. What was restored is restored all the same. */
  readonly journalFailure?: Error;
  /** Hash of the journal's last line; absent when it could not be written. */
  readonly head?: string;
}

/** What a session's journal says about what it left behind. */
export interface LeftBehind {
  /** Samples and ledger entries have lost their items. */
  readonly content: JournalContent;
  readonly view: JournalView;
  /** Newest first: the order in which they are undone. */
  readonly armed: readonly FaultView[];
  /** Its last writer has sealed it. */
  readonly closed: boolean;
}

/** What was measured is most of a journal, and tells nothing of what is broken: a restore must not wait for it, nor run out of memory. */
function withoutItems(record: JournalRecord): JournalRecord {
  return record.type === 'samples' || record.type === 'ledger.entries' ? { ...record, items: [] } : record;
}

/** Reads a session's journal, samples and ledger entries left out. Undefined when there is none; rejects when it cannot be read. */
export async function leftBehind(world: JournalDisk, folder: string): Promise<LeftBehind | undefined> {
  const bytes = await readWhole(world, join(folder, 'journal.jsonl'));
  if (bytes === undefined) return undefined;
  const content = readJournal(bytes, withoutItems);
  const view = foldJournal(content.records);
  const last = content.records.at(-1);
  const isLast = content.problems.every(({ kind, line }) => kind !== 'torn-tail' && line <= endOf(content));
  const closed = last?.type === 'session.sealed' && isLast;
  return { content, view, armed: armedFaults(view), closed };
}

/**
 * Restores what a session left broken and closes its journal; changes nothing where there is nothing to do. The caller
 * holds the environment's lock. Rejects only when the journal cannot be read or does not say what was drilled.
 */
export async function recoverSession(input: RecoverInput): Promise<Recovered> {
  const { world, folder } = input;
  await world.exec.load();
  const left = input.left ?? (await leftBehind(world, folder));
  if (left === undefined) throw nothingSaid(folder, 'there is no journal');
  // Lines that mean nothing to us may be those of a newer version, and name faults.
  if (left.view.started === undefined && damagedLines(left.content).length > 0)
    throw nothingSaid(folder, 'this version of gameday cannot read its journal');
  if (left.armed.length === 0 && left.closed)
    return { acted: false, restored: [], notRestored: [], head: left.content.head };
  const writer = await succeed(input, left.content);
  const recorder = new Recorder(writer, world.clock, () => undefined);
  await recorder.attempt(writerStarted(input, left.content));
  await recorder.attempt({ type: 'takeover', by: input.origin, reason: input.reason });
  const { restored, notRestored } = await undoAll(input, left, recorder);
  await recorder.attempt({ type: 'note', scenario: null, text: noteText(left, restored) });
  const data = await removeDataLeft(world.clock, left.view, input.ledgers, notRestored.length === 0, recorder);
  const end = await close(world, folder, recorder);
  const lay = data.removed.length + data.left.length > 0 ? { data } : {};
  return { acted: true, restored, notRestored, ...lay, ...end };
}

function nothingSaid(folder: string, why: string): GamedayError {
  return new GamedayError({
    code: 'nothing-to-recover',
    message: `session ${folder} cannot be recovered: ${why}`,
    hint: 'look at the nodes yourself: gameday doctor',
    exitCode: EXIT.inconclusive,
  });
}

function writerStarted({ world, origin, version }: RecoverInput, { tornTail }: JournalContent): WriterStarted {
  const { pid } = world.processes.self;
  const { hostname: host, bootId } = world.env;
  const torn = tornTail === undefined ? {} : { tornBytes: tornTail.bytes, sha256: tornTail.sha256 };
  return { type: 'writer.started', origin, version, pid, host, bootId, ...torn };
}

function noteText({ view }: LeftBehind, restored: readonly string[]): string {
  const broken = view.scenarios.some((scenario) => scenario.faults.length > 0);
  if (!broken) return 'nothing had been broken';
  const what = restored.length === 0 ? 'nothing was restored now' : `restored: ${restored.join(', ')}`;
  return `${what}; healed: not looked at, run gameday doctor`;
}

/** Last in, first out, one after the other. */
async function undoAll(
  input: RecoverInput,
  left: LeftBehind,
  recorder: Recorder,
): Promise<Pick<Recovered, 'restored' | 'notRestored'>> {
  const { armed, view } = left;
  const restored: string[] = [];
  const notRestored: NotRestored[] = [];
  if (armed.length === 0) return { restored, notRestored };
  const platforms = await platformsOf(input, view);
  for (const fault of armed) {
    await undoOne(input.world, left, fault, platforms, async (event) => {
      if (event.type === 'undo.settled') {
        const { node, outcome, detail, byHand } = event;
        if (outcome === 'not-restored') {
          notRestored.push({ node, detail, byHand });
          input.onLeftDown({ node, detail, byHand });
        } else if (mayBeAsked(fault)) restored.push(node);
      }
      await recorder.attempt(event);
    });
  }
  return { restored, notRestored };
}

async function platformsOf(input: RecoverInput, view: JournalView): Promise<ReadonlyMap<string, Platform> | Error> {
  try {
    if (view.started === undefined) throw new Error('the journal does not say how the nodes are reached');
    return await input.platforms(view.started);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function undoOne(
  world: World,
  { view, content }: LeftBehind,
  fault: FaultView,
  platforms: ReadonlyMap<string, Platform> | Error,
  settle: (event: GamedayEvent) => Promise<void>,
): Promise<void> {
  const { undo, id, requested } = fault;
  const { scenario } = fault.armed;
  const settled = (outcome: 'restored' | 'not-restored', verifiedBy: string, detail: string) =>
    settle({
      type: 'undo.settled',
      scenario,
      fault: id,
      node: undo.node.name,
      outcome,
      verifiedBy,
      detail,
      byHand: undo.byHand,
    });
  if (platforms instanceof Error) return settled('not-restored', '', messageOf(platforms));
  const deps = { clock: world.clock, processes: world.processes, platforms, recorder: { attempt: settle } };
  // The request is on disk before any command is given, where no line is missing: what is not said has not been done.
  const isUnsaid = requested === undefined && damagedLines(content).length > 0;
  if (!mayBeAsked(fault) && !isUnsaid) {
    await leaveAlone({ scenario, fault: id, undo }, deps);
    return;
  }
  const by = view.writers.findLast((one) => one.seq < (requested ?? fault.armed).seq);
  const sameBoot = by?.bootId === world.env.bootId;
  // A command of another boot, or of another machine, cannot land any more, and its pid is somebody else's now.
  const commands = sameBoot ? fault.commands.map((one) => one.command) : [];
  // Its tool may have stood still between the request and the command: that began at the latest when it settled, or by now.
  const begunAt = sameBoot && fault.settled !== undefined ? fault.settled.t : world.clock.now();
  // A request that cannot be read may have been the last thing that was done: its command is given its time all the same.
  const faultDeadlineAt = begunAt + (requested?.deadlineMs ?? FAULT_DEADLINE_MS);
  await carryOut({ scenario, fault: id, undo, commands, faultDeadlineAt }, deps);
}

/**
 * Lines, counted from 1, that may have named faults and cannot be taken as they stand. What a writer that died left at the
 * end, or a successor vouched for, is none; where nothing at all can be read, every line is.
 */
export function damagedLines(content: JournalContent): readonly number[] {
  const end = content.records.length === 0 ? Number.POSITIVE_INFINITY : endOf(content);
  return content.problems
    .filter(({ kind, line }) => kind !== 'crash' && kind !== 'torn-tail' && line <= end)
    .map(({ line }) => line);
}

/** The line, counted from 1, of the last record. */
function endOf({ places }: JournalContent): number {
  return places.at(-1)?.line ?? 0;
}

/** Judges and seals, where every event so far could be written. */
async function close(
  world: World,
  folder: string,
  recorder: Recorder,
): Promise<Pick<Recovered, 'head' | 'journalFailure'>> {
  try {
    if (recorder.failure !== undefined) throw recorder.failure;
    await judgeJournal(world, join(folder, 'journal.jsonl'), recorder);
    return { head: await recorder.close() };
  } catch (error) {
    // Nothing more can be said than what is already in hand.
    await recorder.close().catch(() => undefined);
    return { journalFailure: error instanceof Error ? error : new Error(String(error)) };
  }
}
