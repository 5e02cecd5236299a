import type { SignalName, World } from '../world/world.ts';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs work whose signal aborts on Ctrl-C, SIGTERM or a closed terminal. The work decides what is left to be done. */
export async function interruptible<T>(
  world: Pick<World, 'signals'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stops = SIGNALS.map((name) => world.signals.on(name, () => controller.abort(new Error(name))));
  try {
    return await work(controller.signal);
  } finally {
    for (const stop of stops) stop();
  }
}
