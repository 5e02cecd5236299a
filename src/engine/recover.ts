import { join } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { GamedayEvent, JournalRecord, RecordOf, WriterStarted } from '../journal/events.ts';
import { type JournalContent, readJournal } from '../journal/reader.ts';
import { armedFaults, type FaultView, foldJournal, type JournalView } from '../journal/view.ts';
import type { JournalWriter } from '../journal/writer.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { judgeJournal } from './judging.ts';
import { Recorder } from './recorder.ts';
import { succeed } from './successor.ts';
import { carryOut } from './undo.ts';

const INSPECT_DEADLINE_MS = 5_000;

export interface RecoverInput {
  readonly world: World;
  /** The session's own folder, with its journal. */
  readonly folder: string;
  readonly origin: 'guard' | 'recover';
  /** Why somebody else than the tool closes the journal, for the report. */
  readonly reason: string;
  /** How the nodes are reached. Asked only when something is armed; when it rejects, nothing can be restored. */
  readonly platforms: (started: RecordOf<'session.started'>) => Promise<ReadonlyMap<string, Platform>>;
  readonly redact: (text: string) => string;
  readonly version: string;
  /** Every record that is added, in order. Must not throw. */
  readonly onRecord: (record: JournalRecord) => void;
}

export interface NotRestored {
  readonly node: string;
  /** The last error. */
  readonly detail: string;
  /** What a person can type. */
  readonly byHand: string;
}

export interface Recovered {
  /** False: everything was restored and the journal was closed already; nothing was changed. */
  readonly acted: boolean;
  /** Nodes that were restored now, by name, in that order. */
  readonly restored: readonly string[];
  readonly notRestored: readonly NotRestored[];
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
export async function leftBehind(world: Pick<World, 'fs'>, folder: string): Promise<LeftBehind | undefined> {
  const bytes = await world.fs.readBytes(join(folder, 'journal.jsonl'));
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
  const left = await leftBehind(world, folder);
  if (left === undefined) throw nothingSaid(folder, 'there is no journal');
  // Lines that mean nothing to us may be those of a newer version, and name faults.
  if (
    left.view.started === undefined &&
    left.content.problems.some(({ kind }) => kind !== 'torn-tail' && kind !== 'crash')
  )
    throw nothingSaid(folder, 'this version of gameday cannot read its journal');
  if (left.armed.length === 0 && left.closed)
    return { acted: false, restored: [], notRestored: [], head: left.content.head };
  const writer = await succeed(input, left.content);
  const recorder = new Recorder(writer, () => undefined);
  await recorder.attempt(writerStarted(input, left.content));
  await recorder.attempt({ type: 'takeover', by: input.origin, reason: input.reason });
  const { restored, notRestored } = await undoAll(input, left, recorder);
  await recorder.attempt({ type: 'note', scenario: null, text: noteText(left, restored) });
  const end = await close(world, folder, recorder, writer);
  return { acted: true, restored, notRestored, ...end };
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
        if (outcome === 'not-restored') notRestored.push({ node, detail, byHand });
        else if (fault.requested !== undefined) restored.push(node);
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
  if (requested === undefined && isWhole(content)) {
    // The request is on disk before any command is given, so nothing was broken by us: a node that is down is somebody else's.
    const seen = await inspect(world, platforms.get(undo.platform), undo.node);
    if (seen.up) return settled('restored', seen.text, 'it was never asked to stop');
    return settled('not-restored', '', `it was never asked to stop, yet ${seen.text}: somebody else stopped it`);
  }
  const by = view.writers.findLast((one) => one.seq < (requested ?? fault.armed).seq);
  const sameBoot = by?.bootId === world.env.bootId;
  const deps = { clock: world.clock, processes: world.processes, platforms, recorder: { attempt: settle } };
  // A command of another boot, or of another machine, cannot land any more, and its pid is somebody else's now.
  const commands = sameBoot ? fault.commands.map((one) => one.command) : [];
  // Its tool may have stood still between the request and the command: that began at the latest when it settled, or by now.
  const begunAt = sameBoot && fault.settled !== undefined ? fault.settled.t : world.clock.now();
  const faultDeadlineAt = requested === undefined ? 0 : begunAt + requested.deadlineMs;
  await carryOut({ scenario, fault: id, undo, commands, faultDeadlineAt }, deps);
}

/** True where no line is missing before the end, where a writer died: what the journal does not say has not been done. */
function isWhole(content: JournalContent): boolean {
  return content.problems.every(({ kind, line }) => kind === 'crash' || kind === 'torn-tail' || line > endOf(content));
}

/** The line, counted from 1, of the last record. */
function endOf({ places }: JournalContent): number {
  return places.at(-1)?.line ?? 0;
}

async function inspect(
  world: Pick<World, 'clock'>,
  platform: Platform | undefined,
  node: FaultView['node'],
): Promise<{ readonly up: boolean; readonly text: string }> {
  try {
    if (platform === undefined) throw new Error(`platform ${node.platform} is not known here`);
    const { state, detail } = await withDeadline(world.clock, INSPECT_DEADLINE_MS, undefined, (signal) =>
      platform.inspect(node, signal),
    );
    return { up: state === 'up', text: `${platform.id} says ${state} (${detail})` };
  } catch (error) {
    return { up: false, text: `it could not be inspected (${messageOf(error)})` };
  }
}

/** Judges and seals, where every event so far could be written. */
async function close(
  world: World,
  folder: string,
  recorder: Recorder,
  writer: JournalWriter,
): Promise<Pick<Recovered, 'head' | 'journalFailure'>> {
  try {
    if (recorder.failure !== undefined) throw recorder.failure;
    await judgeJournal(world, join(folder, 'journal.jsonl'), recorder);
    return { head: await writer.close() };
  } catch (error) {
    // Nothing more can be said than what is already in hand.
    await writer.close().catch(() => undefined);
    return { journalFailure: error instanceof Error ? error : new Error(String(error)) };
  }
}
