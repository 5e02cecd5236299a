import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeRef, UndoIntent } from '../core/node.ts';
import type { CommandRef, Platform } from '../core/platform.ts';
import { withDeadline } from '../world/await.ts';
import type { Clock, Processes } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

/** A fault command that has not ended by then is ended, and its outcome is indeterminate. */
export const FAULT_DEADLINE_MS = 10_000;

const INSPECT_EVERY_MS = 200;
const INSPECT_DEADLINE_MS = 5_000;
const PAUSE_BETWEEN_ATTEMPTS_MS = 1_000;
/** A start that hangs, or that leaves a node half up, must leave time for another. */
const START_ATTEMPTS = 3;
/** Least time a node must stay up before it is called restored. */
const STAY_UP_MS = 500;
/** While a node is watched although it is up, it is said so often. */
const SAY_EVERY_MS = 2_000;

/** What is needed to undo one fault: from the engine's memory or folded from a journal, the same data. */
export interface ArmedUndo {
  readonly scenario: string;
  readonly fault: string;
  readonly undo: UndoIntent;
  readonly commands: readonly CommandRef[];
  /** Monotonic ms until which the fault's own command might still land. */
  readonly faultDeadlineAt: number;
}

/** A node that an undo has given up on. */
export interface NotRestored {
  readonly node: string;
  /** The last error. */
  readonly detail: string;
  /** What a person must type. */
  readonly byHand: string;
}

export interface UndoDeps {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly recorder: Pick<Recorder, 'attempt'>;
}

/**
 * Carries one undo out under its own deadline, deaf to whatever cancelled the run: ends a fault command still in
 * flight, starts the node as often as it takes, and says "restored" only after the node was inspected up, stayed up
 * for a while, and the fault's own deadline had passed. Never rejects; undefined when the node is restored.
 */
export async function carryOut(armed: ArmedUndo, deps: UndoDeps): Promise<NotRestored | undefined> {
  const { scenario, fault, undo } = armed;
  const node = undo.node.name;
  const deadline = deps.clock.deadline(undo.deadlineMs);
  const settle = (outcome: 'restored' | 'not-restored', verifiedBy: string, detail: string) =>
    deps.recorder.attempt({
      type: 'undo.settled',
      scenario,
      fault,
      node,
      outcome,
      verifiedBy,
      detail,
      byHand: undo.byHand,
    });
  let lastError = 'nothing was tried';
  try {
    const unended = await endCommands(armed.commands, deps.processes);
    for (let attempt = 1; !deadline.signal.aborted; attempt += 1) {
      await deps.recorder.attempt({ type: 'undo.requested', scenario, fault, node, attempt });
      try {
        const verifiedBy = await attemptOnce(armed, deps, deadline.signal);
        const detail = [...(attempt === 1 ? [] : [`at attempt ${attempt}`]), ...unended].join('; ');
        await settle('restored', verifiedBy, detail);
        return undefined;
      } catch (error) {
        lastError = messageOf(error);
        await deps.clock.sleep(PAUSE_BETWEEN_ATTEMPTS_MS, deadline.signal);
      }
    }
  } catch (error) {
    lastError = messageOf(error);
  } finally {
    deadline.cancel();
  }
  await settle('not-restored', '', lastError);
  return { node, detail: lastError, byHand: undo.byHand };
}

/**
 * For a fault that was armed and for which no command was given: the request is on disk before any is, so a node that is
 * down all the same was stopped by somebody else. It is looked at and named, and never started. Never rejects; undefined when it is up.
 */
export async function leaveAlone(
  armed: Pick<ArmedUndo, 'scenario' | 'fault' | 'undo'>,
  deps: UndoDeps,
): Promise<NotRestored | undefined> {
  const { scenario, fault, undo } = armed;
  let seen: { readonly up: boolean; readonly text: string };
  try {
    const platform = deps.platforms.get(undo.platform);
    if (platform === undefined) throw new Error(`platform ${undo.platform} is not known here`);
    const { state, detail } = await withDeadline(deps.clock, INSPECT_DEADLINE_MS, undefined, (signal) =>
      platform.inspect(undo.node, signal),
    );
    seen = { up: state === undo.verify, text: `${platform.id} says ${state} (${detail})` };
  } catch (error) {
    seen = { up: false, text: `it could not be inspected (${messageOf(error)})` };
  }
  const node = undo.node.name;
  const detail = seen.up
    ? 'it was never asked to stop'
    : `it was never asked to stop, yet ${seen.text}: somebody else stopped it`;
  await deps.recorder.attempt({
    type: 'undo.settled',
    scenario,
    fault,
    node,
    outcome: seen.up ? 'restored' : 'not-restored',
    verifiedBy: seen.up ? seen.text : '',
    detail,
    byHand: undo.byHand,
  });
  return seen.up ? undefined : { node, detail, byHand: undo.byHand };
}

async function attemptOnce(armed: ArmedUndo, deps: UndoDeps, signal: AbortSignal): Promise<string> {
  const { undo } = armed;
  const platform = deps.platforms.get(undo.platform);
  if (platform === undefined) throw new Error(`platform ${undo.platform} is not known here`);
  const act = undo.action === 'start' ? platform.start?.bind(platform) : platform.resume?.bind(platform);
  if (act === undefined) throw new Error(`platform ${undo.platform} cannot ${undo.action} a node`);
  await withDeadline(deps.clock, undo.deadlineMs / START_ATTEMPTS, signal, (inner) =>
    act(undo.node, { signal: inner }),
  );
  return staysUp(undo.node, armed, platform, deps, signal);
}

/** Waits until the node is up and has stayed up long enough. Rejects when it falls again, is not up in its share of the time, or the deadline passes. */
async function staysUp(
  node: NodeRef,
  armed: ArmedUndo,
  platform: Platform,
  deps: UndoDeps,
  signal: AbortSignal,
): Promise<string> {
  const giveUpAt = deps.clock.now() + armed.undo.deadlineMs / START_ATTEMPTS;
  let upSince: number | undefined;
  let last = 'not inspected yet';
  let saidAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const startedAt = deps.clock.now();
    try {
      const inspection = await withDeadline(deps.clock, INSPECT_DEADLINE_MS, signal, (inner) =>
        platform.inspect(node, inner),
      );
      last = `${inspection.state} (${inspection.detail})`;
      if (inspection.state === armed.undo.verify) {
        upSince ??= startedAt;
        if (startedAt - upSince >= STAY_UP_MS && startedAt >= armed.faultDeadlineAt) {
          return `${platform.id} says ${last}, for ${Math.round(startedAt - upSince)}ms`;
        }
        if (startedAt - upSince >= STAY_UP_MS && startedAt - saidAt >= SAY_EVERY_MS) {
          saidAt = startedAt;
          await sayWatching(armed, armed.faultDeadlineAt - startedAt, deps);
        }
      } else if (upSince !== undefined) {
        throw new FellAgain(`${node.name} came up and fell again: ${last}`);
      } else if (inspection.state === 'down') {
        // A start that reported success, yet nothing runs: try again.
        throw new FellAgain(`${node.name} is down after its start: ${inspection.detail}`);
      }
    } catch (error) {
      if (error instanceof FellAgain) throw error;
      last = messageOf(error);
      upSince = undefined;
    }
    if (upSince === undefined && startedAt >= giveUpAt) break;
    await deps.clock.sleep(INSPECT_EVERY_MS, signal);
  }
  throw new Error(`${node.name} was not up in time: ${last}`);
}

/** Why a restore takes seconds with the node up: whoever waits for it must not think that it hangs. */
function sayWatching({ scenario, undo }: ArmedUndo, leftMs: number, { recorder }: UndoDeps): Promise<void> {
  const left = formatDuration(Math.ceil(leftMs / 1_000) * 1_000);
  const detail = `${undo.node.name} is up; its stop was given time and could still land: watched for ${left} more`;
  return recorder.attempt({ type: 'waiting', scenario, phase: 'restore', ok: false, detail });
}

class FellAgain extends Error {}

/**
 * Ends fault commands that are still running, so that a late stop cannot land after the start. Answers with those that
 * could not be ended: no reason to leave the node down, because it is watched until the fault's own deadline has passed.
 */
async function endCommands(commands: readonly CommandRef[], processes: Processes): Promise<readonly string[]> {
  const unended: string[] = [];
  for (const command of commands) {
    try {
      if (await processes.alive(command)) processes.killGroup(command.pid, 'SIGKILL');
    } catch (error) {
      unended.push(`the fault's command ${command.pid} could not be ended: ${messageOf(error)}`);
    }
  }
  return unended;
}
