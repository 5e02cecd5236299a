import { leftDown, type SessionResult } from '../engine/index.ts';
import { foldJournal } from '../journal/fold.ts';
import { armedFaults } from '../journal/view.ts';

/** What became of a session: its result, or what ended it early. */
export type SessionEnd = { readonly result: SessionResult } | { readonly failure: unknown };

/**
 * Something went wrong after the session had ended. What is to be thrown then: what ended the session early, where
 * something did; a "not restored" (exit 5) with the commands by hand, where a node is still down; else the error itself.
 */
export function outrankedByNodeDown(end: SessionEnd, error: unknown): unknown {
  if ('failure' in end) return end.failure;
  const left = armedFaults(foldJournal(end.result.records)).map(({ node, undo, undoSettled }) => ({
    node: node.name,
    detail: undoSettled?.detail ?? 'nobody says that it is restored',
    byHand: undo.byHand,
  }));
  return left.length === 0 ? error : leftDown(error, left, 'the end of the session could not be told');
}
