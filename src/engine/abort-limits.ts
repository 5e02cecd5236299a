import { formatDuration } from '../core/duration.ts';
import type { ScenarioPlan } from '../core/scenario.ts';
import { DrillStopped } from './drill-run.ts';
import type { Pulse } from './pulse.ts';

/** What ends a drill at once while a fault is on. What a scenario expects (series that are not marked `user`) counts against nothing. */
export interface AbortLimits {
  /** A run of errors at one thing that users use, in ms. */
  readonly errorRunMs: number;
  /** Errors that users see at all, since the first fault. Default: see `mostErrors`. */
  readonly errors?: number;
  /** Names of alerts that end the drill when they begin to fire. Default: none. */
  readonly alerts?: readonly string[];
  /** What stands behind each component of the API's health: `{ cache: 'redis' }`. Default: none, the others are not looked at. */
  readonly components?: Readonly<Record<string, string>>;
  /** Per stack, the stacks that it needs: it may suffer while they are drilled. */
  readonly needs?: Readonly<Record<string, readonly string[]>>;
}

/**
 * As many errors as there are looks in the longest time that the observe phase may take, at everything users use: only a
 * drill that fails anyway sees so many.
 */
export function mostErrors({ probes, ledgers, observeDeadlineMs }: ScenarioPlan): number {
  const users = [...probes, ...ledgers].filter((one) => one.user);
  return users.reduce((sum, one) => sum + Math.ceil(observeDeadlineMs / one.intervalMs), 0);
}

/** Throws DrillStopped (aborted) when users see more errors than the limits allow. */
export function verifyErrorBudget(pulse: Pulse, limits: AbortLimits, plan: ScenarioPlan): void {
  const worst = pulse.userBadRun();
  if (worst !== undefined && worst.ms >= limits.errorRunMs) {
    throw new DrillStopped(
      'aborted',
      `users saw errors at ${worst.name} for ${formatDuration(worst.ms)}, and ${formatDuration(limits.errorRunMs)} may be`,
    );
  }
  const most = limits.errors ?? mostErrors(plan);
  const seen = pulse.userErrors();
  if (seen > 0 && seen >= most)
    throw new DrillStopped('aborted', `users saw ${seen} errors since the fault, and fewer than ${most} may be`);
}
