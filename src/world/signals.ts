import type { Signals } from './world.ts';

/** With a listener, Node does not end the process on that signal any more: the listener decides. */
export function createSignals(): Signals {
  return {
    on(name, listener) {
      const call = (): void => listener();
      process.on(name, call);
      return () => {
        process.off(name, call);
      };
    },
  };
}
