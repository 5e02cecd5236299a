import { EXIT, type ExitCode } from '../core/errors.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { interruptible } from './interruptible.ts';

/** How long an end that others wait for puts up with a reader that does not read. */
const PATIENCE_MS = 10_000;

/** After these a guard may be waiting for us to be gone, or somebody has asked us to end. */
const URGENT: ReadonlySet<ExitCode> = new Set([EXIT.notRestored, EXIT.internal, EXIT.interrupted]);

/**
 * Waits until what was written has arrived, as long as the reader takes: `| less` may stand for an hour. Ctrl-C, SIGTERM
 * and a closed terminal end the wait, and so does time where the end is urgent. Returns the code to exit with: output
 * that was cut off is no PASS.
 */
export async function lastWords(
  world: Pick<World, 'clock' | 'signals'>,
  exitCode: ExitCode,
  arrived: Promise<void>,
): Promise<ExitCode> {
  const limitMs = URGENT.has(exitCode) ? PATIENCE_MS : Infinity;
  const whole = await interruptible(world, (signal) =>
    withDeadline(world.clock, limitMs, signal, () => arrived).then(
      () => true,
      () => false,
    ),
  );
  return whole || exitCode !== EXIT.pass ? exitCode : EXIT.interrupted;
}
