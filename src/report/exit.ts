import { EXIT } from '../core/errors.ts';

const MEANING: Readonly<Record<number, string>> = {
  [EXIT.pass]: 'every gate held and everything was restored',
  [EXIT.fail]: 'a gate was missed',
  [EXIT.usage]: 'usage or configuration error, nothing was broken',
  [EXIT.inconclusive]: 'nothing can be said: evidence is missing, or the session was refused',
  [EXIT.internal]: 'internal error',
  [EXIT.notRestored]: 'NOT RESTORED: a node was left down, restore it now',
  [EXIT.interrupted]: 'interrupted, everything that was broken was restored',
};

/** What an exit code says, for people. */
export function exitMeaning(exit: number): string {
  return MEANING[exit] ?? 'not an exit code of gameday';
}
