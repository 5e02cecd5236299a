import { EXIT } from '../core/errors.ts';
import type { JournalView } from '../journal/view.ts';
import type { SessionJudgement } from '../verdict/judge.ts';

const MEANING: Readonly<Record<number, string>> = {
  [EXIT.pass]: 'every gate held and everything was restored',
  [EXIT.usage]: 'usage or configuration error, nothing was broken',
  [EXIT.inconclusive]: 'nothing can be said: evidence is missing, or the session was refused',
  [EXIT.internal]: 'internal error',
  [EXIT.notRestored]: 'NOT RESTORED: a node was left down, restore it now',
};

/** What the exit code of a session says of it, for people. */
export function exitMeaning(view: JournalView, judgement: SessionJudgement): string {
  const { exit } = judgement;
  if (exit === EXIT.fail) return failure(view, judgement);
  if (exit === EXIT.interrupted) {
    const struck = view.scenarios.some(({ faults }) => faults.length > 0);
    return struck ? 'interrupted, everything that was broken was restored' : 'interrupted, nothing was broken';
  }
  return MEANING[exit] ?? 'not an exit code of gameday';
}

/** A FAIL need not be a gate's: a drill that was ended at once has failed, whatever held until then. */
function failure(view: JournalView, { scenarios, session }: SessionJudgement): string {
  const gates = [...scenarios.flatMap((one) => one.gates), ...session];
  const causes = [
    ...(gates.some(({ result }) => result.status === 'FAIL') ? ['a gate was missed'] : []),
    ...(view.scenarios.some(({ aborts }) => aborts.length > 0) ? ['a drill was aborted'] : []),
  ];
  return causes.length === 0 ? 'a drill failed' : causes.join(', ');
}
