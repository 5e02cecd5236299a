import { join } from 'node:path';
import type { AlertSource } from '../core/alert.ts';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Check, Drill } from '../core/scenario.ts';
import { isoUtc } from '../core/time.ts';
import { GENESIS } from '../journal/codec.ts';
import type { JournalRecord, SessionStarted } from '../journal/events.ts';
import { JournalWriter } from '../journal/writer.ts';
import type { SessionJudgement } from '../verdict/judge.ts';
import type { GuardLink, World } from '../world/world.ts';
import type { AbortLimits } from './abort-limits.ts';
import { type Attendance, attend } from './attend.ts';
import { Guarding } from './guarding.ts';
import { onInterrupts } from './interrupts.ts';
import { judgeJournal, reread } from './judging.ts';
import { holdEnvironment } from './lock.ts';
import { isUnattainable, leftoverRefusal, preflightDrills, refusal } from './preflight.ts';
import { Recorder } from './recorder.ts';
import { runScenario } from './scenario-run.ts';
import { FirstStrikes } from './second-strike.ts';
import type { NotRestored } from './undo.ts';

export interface SessionInput {
  readonly world: World;
  readonly sessionId: string;
  /** The session's own folder; it exists. */
  readonly folder: string;
  readonly started: Omit<SessionStarted, 'type'>;
  readonly drills: readonly Drill[];
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly alerts: AlertSource | undefined;
  readonly lockPath: string;
  readonly redact: (text: string) => string;
  readonly abort: AbortLimits;
  /** Drills whose target cannot be met by the arithmetic are run all the same. Default: no. */
  readonly force?: boolean;
  readonly version: string;
  /** Starts the process that restores when this one cannot. Asked once, before the first fault; rejects when it is not ready. */
  readonly startGuard: () => Promise<GuardLink>;
  /** Nodes that earlier sessions left broken, as blocked checks. Asked while the lock is held: before, a running session's own faults would look like leftovers. */
  readonly leftovers: (signal: AbortSignal) => Promise<readonly Check[]>;
  /** The journal is sealed and no node is left broken. Asked while the lock is held. Must not reject. */
  readonly onClosed: () => Promise<void>;
  /** Every record, in order, once it is in the journal. Must not throw. */
  readonly onRecord: (record: JournalRecord) => void;
  /** A node is given up on. Told at once, before the journal is: its disk may be what hangs. Must not throw. */
  readonly onLeftDown: (left: NotRestored) => void;
  /** Nothing more can be journaled. Told at once, and once. Must not throw. */
  readonly onJournalLost: (cause: Error) => void;
}

export interface SessionResult {
  readonly records: readonly JournalRecord[];
  readonly judgement: SessionJudgement;
  readonly exit: ExitCode;
  /** Hash of the last line: with it a rewritten or cut journal is found out. */
  readonly head: string;
}

/**
 * Runs one session: lock, preflight, every drill, judgement. Rejects with a GamedayError when it is refused before the
 * first fault, or when the journal was lost; in either case every node that it broke has been undone first.
 */
export async function runSession(input: SessionInput): Promise<SessionResult> {
  const { world } = input;
  const lock = await holdEnvironment(world, input.lockPath, input.sessionId);
  try {
    return await runLocked(input);
  } finally {
    await lock.release();
  }
}

async function runLocked(input: SessionInput): Promise<SessionResult> {
  const { world, started, version } = input;
  const path = join(input.folder, 'journal.jsonl');
  const sink = await world.fs.openAppend(path, 0o600);
  const cancel = new AbortController();
  let struck = false;
  const writer = new JournalWriter({
    sink,
    now: () => world.clock.now(),
    at: () => isoUtc(world.clock.wall()),
    redact: input.redact,
    from: { seq: 0, prev: GENESIS },
    onRecord(record) {
      struck ||= record.type === 'fault.requested';
      input.onRecord(record);
    },
  });
  let refused: GamedayError | undefined;
  let notRestored: readonly NotRestored[] = [];
  const recorder = new Recorder(writer, world.clock, (error) => {
    cancel.abort(error);
    input.onJournalLost(error);
  });
  const guarding = new Guarding(input.startGuard, world.clock, recorder);
  const stopListening = onInterrupts(world.signals, (signal, count) => {
    cancel.abort(new Error(signal));
    void recorder.attempt({ type: 'interrupted', signal, count });
  });
  try {
    const { pid } = world.processes.self;
    await recorder.record({
      type: 'writer.started',
      origin: 'run',
      version,
      pid,
      host: world.env.hostname,
      bootId: world.env.bootId,
    });
    await recorder.record({ type: 'session.started', ...started });
    const attendance = attend(world, input.folder, recorder);
    const drilled = await drillAll(input, recorder, guarding, attendance, cancel.signal).finally(attendance.stop);
    ({ refused, notRestored } = drilled);
    if (recorder.failure !== undefined) throw recorder.failure;
    const judgement = await judgeJournal(world, path, recorder);
    if (refused !== undefined) throw refused;
    const head = await recorder.close();
    if (notRestored.length === 0) await input.onClosed();
    await guarding.dismiss();
    const records = (await reread(world, path)).records;
    return { records, judgement, exit: judgement.exit, head };
  } catch (error) {
    await recorder.close().catch(() => undefined);
    const { failure } = recorder;
    // A journal that is not sealed, and a node that is still down, are left to the guard: it tries again when we are gone.
    if (failure === undefined && notRestored.length === 0) await guarding.dismiss();
    if (failure === undefined && notRestored.length === 0 && error === refused) await input.onClosed();
    // Whatever the last thing was that went wrong: what is still down has to be said.
    if (failure !== undefined) throw journalLost(path, failure, { refused, notRestored, struck });
    throw notRestored.length === 0 ? error : leftDown(error, notRestored);
  } finally {
    stopListening();
  }
}

interface Drilled {
  /** Set when preflight blocked the session. */
  readonly refused?: GamedayError;
  readonly notRestored: readonly NotRestored[];
}

async function drillAll(
  input: SessionInput,
  recorder: Recorder,
  guarding: Guarding,
  attendance: Attendance,
  signal: AbortSignal,
): Promise<Drilled> {
  const { world, drills, platforms } = input;
  await world.exec.load();
  const leftovers = await input.leftovers(signal);
  for (const check of leftovers) await recorder.record({ type: 'check', scenario: null, check });
  const left = leftoverRefusal(leftovers);
  if (left !== undefined) return { refused: left, notRestored: [] };
  const preflight = await preflightDrills(world, drills, platforms, signal);
  for (const { drill, checks } of preflight)
    for (const check of checks) await recorder.record({ type: 'check', scenario: drill.plan.id, check });
  const repeats = new Set(drills.flatMap(({ plan }) => (plan.secondOf === undefined ? [] : [plan.id])));
  for (const seen of input.started.runbooks) {
    if (seen.sha256 === null && !repeats.has(seen.scenario))
      await recorder.gap(seen.scenario, 'runbook-missing', `there is no runbook at ${seen.path}`);
  }
  // What an interrupt cut short is not blocked; there is nothing to refuse any more.
  const refused = signal.aborted ? undefined : refusal(preflight, input.started);
  if (refused !== undefined) return { refused, notRestored: [] };
  const unguarded = signal.aborted ? undefined : await guarding.start();
  if (unguarded !== undefined) return { refused: unguarded, notRestored: [] };
  const notRestored: NotRestored[] = [];
  const { request } = attendance;
  const strikes = new FirstStrikes(drills);
  let goOn = true;
  for (const { drill, checks } of preflight) {
    const scenario = drill.plan.id;
    const over = signal.aborted || guarding.lost.aborted || request.reason !== undefined || !goOn;
    const whyNot = over ? whyNotRun(signal, guarding.lost, request.reason) : strikes.whyNot(drill.plan);
    if (whyNot !== undefined) {
      await strikes.release(drill.plan);
      await recorder.attempt({ type: 'scenario.ended', scenario, outcome: 'not-run', reason: whyNot });
      continue;
    }
    const unattainable = isUnattainable(checks);
    if (unattainable !== undefined && input.force !== true) {
      const reason = `not attainable: ${unattainable.detail}. ${unattainable.hint}`;
      await recorder.attempt({ type: 'scenario.ended', scenario, outcome: 'not-injected', reason });
      strikes.notBegun(drill.plan, 'not-injected');
      continue;
    }
    if (unattainable !== undefined) await recorder.note(scenario, `forced: not attainable: ${unattainable.detail}`);
    attendance.during(scenario);
    const end = await runScenario({
      drill,
      platforms,
      alerts: input.alerts,
      world,
      recorder,
      signal,
      unguarded: guarding.lost,
      abort: input.abort,
      request,
      before: await strikes.before(drill.plan, recorder),
      keepData: strikes.isRepeated(drill.plan),
      onLeftDown: input.onLeftDown,
    });
    strikes.ended(drill.plan, end);
    attendance.during(null);
    goOn = end.mayGoOn;
    notRestored.push(...end.notRestored);
  }
  return { notRestored };
}

function whyNotRun(signal: AbortSignal, unguarded: AbortSignal, asked: string | undefined): string {
  if (signal.aborted) return 'the session was interrupted';
  if (unguarded.aborted) return messageOf(unguarded.reason);
  return asked === undefined ? 'an earlier scenario ended the session' : `the session was aborted: ${asked}`;
}

/** A failed cleanup outranks every other result. Each node is named with its last error and what a person must type. */
export function leftDown(
  cause: unknown,
  notRestored: readonly NotRestored[],
  why = 'the session broke down',
): GamedayError {
  return new GamedayError({
    code: 'not-restored',
    message: `${why}, AND a node is still down: ${notRestored.map(({ node, detail }) => `${node} (${detail})`).join(', ')}`,
    hint: `type this now:\n${notRestored.map(({ byHand }) => `      ${byHand}`).join('\n')}`,
    exitCode: EXIT.notRestored,
    cause,
  });
}

interface UntilLost extends Drilled {
  /** A fault was requested: only then is there something that has been restored. */
  readonly struck: boolean;
}

/** The loss of the journal, too, is outranked by a node that is down, and hides no refusal: a node may be down since an earlier session. */
function journalLost(path: string, cause: Error, { refused, notRestored, struck }: UntilLost): GamedayError {
  const lost = `the journal ${path} could not be written, so nothing can be said about this session`;
  if (notRestored.length > 0) return leftDown(cause, notRestored, lost);
  const broken = struck ? 'every node that it broke has been restored' : 'it broke no node';
  const hint = 'make room or mend the disk, look at the nodes with gameday doctor, then run again';
  return new GamedayError({
    code: 'journal-lost',
    message:
      refused === undefined
        ? `${lost}; ${broken}`
        : `${refused.message}\nand the journal ${path} could not be sealed: ${messageOf(cause)}`,
    hint: refused === undefined ? hint : `${refused.hint}\n      ${hint}`,
    exitCode: EXIT.internal,
    cause,
  });
}
