import type { SignalName, Signals } from '../world/world.ts';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Listens from the first event to the last: an interrupt while a node is being restored must not end the process. */
export function onInterrupts(signals: Signals, listener: (signal: SignalName, count: number) => void): () => void {
  let count = 0;
  const stops = SIGNALS.map((name) =>
    signals.on(name, () => {
      count += 1;
      listener(name, count);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
