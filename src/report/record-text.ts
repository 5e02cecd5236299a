import type { JournalView } from '../journal/view.ts';

/** The promise about the record of what was acknowledged, as it is made when a session begins. */
export const RECORD_TEXT =
  'every answer to a write is handed to the kernel before the next write, and synced each second: none can be lost to a crash of gameday, those of up to 1s to a crash of its host';

/**
 * How complete the journal's record of acknowledged writes is: what was promised, and which of the two crashes happened.
 * Empty for a journal of an older version, which promised nothing.
 */
export function recordText(view: JournalView): string {
  if (view.started?.acknowledged === undefined) return '';
  const [first] = view.writers;
  const taken = view.takeovers.at(-1);
  if (taken === undefined || first === undefined) return `${RECORD_TEXT}.`;
  const successor = view.writers.find((writer) => writer.seq > first.seq);
  const sameBoot = successor?.bootId === first.bootId;
  return sameBoot
    ? `${RECORD_TEXT}. gameday did not close this journal itself, its host did not crash: no acknowledgement that it had before its last write is missing.`
    : `${RECORD_TEXT}. The host of gameday has crashed or was restarted: acknowledgements of up to 1s before that may be missing, and so may what would have been said lost of them.`;
}
