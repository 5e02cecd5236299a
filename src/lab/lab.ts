import { messageOf } from '../core/errors.ts';
import type { LabNode, LabState } from '../core/lab-state.ts';
import type { Condition } from '../core/scenario.ts';
import type { World } from '../world/world.ts';

/** A lab at work: what every step of its bringing up is given. */
export interface Lab {
  readonly world: World;
  readonly state: LabState;
  readonly signal: AbortSignal;
}

/** Progress, for the one who waits. */
export interface Step {
  readonly name: string;
  readonly ms: number;
  readonly detail: string;
}

export type OnStep = (step: Step) => void;

/** The same lab for one of several waits at a time: Node warns where more than ten of them listen to one signal. */
export function branch(lab: Lab): Lab {
  return { ...lab, signal: AbortSignal.any([lab.signal]) };
}

/**
 * Waits for all. The first failure aborts the others, and is thrown once every one of them has ended: what still ran on
 * could start a process that nobody ends.
 */
export async function allOrNone(work: readonly Promise<void>[], others: AbortController): Promise<void> {
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    work.map((one) =>
      one.catch((error: unknown) => {
        first ??= { error };
        others.abort();
      }),
    ),
  );
  if (first !== undefined) throw first.error;
}

export function nodeNamed(lab: Pick<Lab, 'state'>, name: string): LabNode {
  const node = lab.state.nodes.find((one) => one.name === name);
  if (node === undefined) throw new Error(`the lab has no node ${name}`);
  return node;
}

export function nodesOf(lab: Pick<Lab, 'state'>, stack: string): readonly LabNode[] {
  return lab.state.nodes.filter((node) => node.stack === stack);
}

/** A port of a node by its purpose. */
export function portOf(node: LabNode, purpose: string): number {
  const port = node.ports[purpose];
  if (port === undefined) throw new Error(`${node.name} has no port for ${purpose}`);
  return port;
}

const POLL_MS = 100;

/** Polls until the condition holds. Rejects with what is still missing when the time is up or the signal aborts. */
export async function until(lab: Lab, limitMs: number, look: (lab: Lab) => Promise<Condition>): Promise<string> {
  const { world, signal } = lab;
  const deadline = world.clock.deadline(limitMs, signal);
  let last = 'not looked yet';
  try {
    while (!deadline.signal.aborted) {
      const condition = await look(branch({ ...lab, signal: deadline.signal })).catch((error: unknown) => ({
        ok: false,
        detail: messageOf(error),
      }));
      if (condition.ok) return condition.detail;
      if (!deadline.signal.aborted) last = condition.detail;
      await world.clock.sleep(POLL_MS, deadline.signal);
    }
  } finally {
    deadline.cancel();
  }
  throw new Error(
    signal.aborted ? `interrupted; last seen: ${last}` : `not within ${limitMs / 1_000} s; last seen: ${last}`,
  );
}
