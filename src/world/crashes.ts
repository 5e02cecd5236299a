import { EventEmitter } from 'node:events';

/** Calls the listener for every exception and rejection that nobody caught. The process then goes on: the listener decides. */
export function onCrash(listener: (error: unknown) => void): void {
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
}

/** Tells whoever listens for SIGTERM that it came. False when nobody listens. */
export function raiseTerminate(): boolean {
  return process.emit('SIGTERM', 'SIGTERM');
}

/** A drill has dozens of waits on one signal, on purpose: Node would take that for a leak and write a warning into the view. */
export function expectManyListeners(): void {
  EventEmitter.defaultMaxListeners = 0;
}
