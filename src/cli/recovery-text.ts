import { join } from 'node:path';
import type { ExitCode } from '../core/errors.ts';
import { EXIT, messageOf } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import type { DataRemoval, NotRestored, Recovered } from '../engine/index.ts';
import type { JournalRecord } from '../journal/events.ts';
import { safeText } from '../report/safe.ts';
import type { Recovery } from './recovery.ts';

/** What a person who waits for a restore wants to see of a record, a line without its newline. */
export function progressText(record: JournalRecord): string | undefined {
  if (record.type === 'undo.requested')
    return safeText(`restoring ${record.node}${record.attempt > 1 ? `, attempt ${record.attempt}` : ''}`);
  if (record.type !== 'undo.settled') return undefined;
  return record.outcome === 'restored'
    ? safeText(`${record.node} is restored: ${record.verifiedBy}`)
    : safeText(`${record.node} is NOT RESTORED: ${record.detail}`);
}

/** What is said at once of a node that was given up on, whatever becomes of the journal. */
export function leftDownText({ node, detail, byHand }: NotRestored): string {
  return `${safeText(`${node} is NOT RESTORED: ${detail}. Type this now:`)}\n    ${safeText(byHand, 900)}\n`;
}

/** What is said at once when nothing more can be journaled: with nodes down, or at the seal, when none may be. */
export function journalLostText(cause: Error): string {
  return `${safeText(`the journal cannot be written: ${messageOf(cause)}. No verdict will be given; any restore goes on without it. Look at the nodes: gameday doctor`, 600)}\n`;
}

/** How a restore ended, a line each: what is up, what is not and the commands for it, and where more stands. `folder` as it is to be typed. */
export function resultLines({ recovered, session }: Recovery, folder: string): readonly string[] {
  const { restored, notRestored, data, journalFailure, head } = recovered;
  const lines: string[] = [];
  if (restored.length > 0)
    lines.push(`restored: ${restored.join(', ')}; healed: not looked at, run \`gameday doctor\``);
  if (notRestored.length > 0) {
    lines.push(`NOT RESTORED: ${notRestored.map(({ node }) => node).join(', ')}. Type this now:`);
    for (const { node, detail, byHand } of notRestored)
      lines.push(safeText(`    ${byHand}`, 900), safeText(`        ${node}: ${detail}`));
    lines.push(`then close the session: gameday recover ${shellWord(folder)}`);
  }
  if (restored.length + notRestored.length === 0) lines.push('no node had to be restored');
  if (data !== undefined) lines.push(...dataLines(data));
  if (journalFailure !== undefined)
    lines.push(
      safeText(`the journal could not be written (${journalFailure.message}): what is said here stands nowhere else`),
    );
  if (session !== undefined && journalFailure === undefined)
    lines.push(safeText(session.judgement.headline, 600), `Report: ${join(folder, 'report.md')}`);
  if (head !== undefined) lines.push(`Journal head: ${head}`);
  return lines;
}

/** What became of the data that the drill itself had written: never a reason for another exit code. */
export function dataLines({ removed, left }: DataRemoval): readonly string[] {
  return [
    ...removed.map(({ what }) => safeText(`removed what the drill had written: ${what}`)),
    ...left.map(({ what, byHand }) =>
      safeText(`left behind, could not be removed: ${what}; remove it by hand: ${byHand}`, 900),
    ),
  ];
}

/** 0 everything is restored; 5 a node is not; 4 it is, and the journal could not be written. */
export function recoveredExit({ notRestored, journalFailure }: Recovered): ExitCode {
  if (notRestored.length > 0) return EXIT.notRestored;
  return journalFailure === undefined ? EXIT.pass : EXIT.internal;
}
