import { dirname, join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { visibleJson } from '../core/json.ts';
import { sha256 } from '../journal/codec.ts';
import { foldJournal } from '../journal/fold.ts';
import { type JournalContent, lineNumbers, readJournal } from '../journal/reader.ts';
import type { JournalView } from '../journal/view.ts';
import { type ResultJson, resultJson } from '../report/json.ts';
import { ARTEFACTS, type ArtefactHash, buildManifest, type Manifest, manifestText } from '../report/manifest.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport } from '../report/model.ts';
import { insertRow, scheduleRow } from '../report/schedule.ts';
import { judgeSession, type SessionJudgement } from '../verdict/judge.ts';
import type { World } from '../world/world.ts';
import { gamedayVersion } from './package.ts';

/** A journal as read from disk, and all that follows from it. */
export interface ReadSession {
  readonly folder: string;
  readonly content: JournalContent;
  readonly view: JournalView;
  readonly judgement: SessionJudgement;
}

/** Reads a session's journal and judges it. Throws a GamedayError (usage) when there is none. */
export async function readSession(world: Pick<World, 'fs'>, folder: string): Promise<ReadSession> {
  const path = join(folder, 'journal.jsonl');
  const bytes = await world.fs.readBytes(path);
  if (bytes === undefined) {
    throw new GamedayError({
      code: 'no-journal',
      message: `there is no journal in ${folder}`,
      hint: 'name a session folder, like sessions/2026-11-20T09-30-00Z-lab, or its name alone',
      exitCode: EXIT.usage,
    });
  }
  const content = readJournal(bytes);
  const view = foldJournal(content.records);
  return { folder, content, view, judgement: judgeSession(view, content.problems) };
}

export function resultOf({ content, view, judgement }: ReadSession): ResultJson {
  return resultJson(view, judgement, lineNumbers(content));
}

/** The bytes of result.json, and the document that `run --json` prints. */
export function resultText(session: ReadSession): string {
  return `${visibleJson(JSON.stringify(resultOf(session), null, 2))}\n`;
}

/** report.md as the journal's own template shapes it. Throws a GamedayError when the journal stops before it names one. */
export function reportOf({ content, view, judgement, folder }: ReadSession): string {
  if (view.started === undefined) {
    throw new GamedayError({
      code: 'no-session',
      message: `the journal in ${folder} ends before it says what was to be drilled`,
      hint: 'there is nothing to report; gameday verify shows what is wrong with the journal',
      exitCode: EXIT.inconclusive,
    });
  }
  return renderMarkdown(buildReport(view, judgement, content.problems), view.started.template.text);
}

/** Writes report.md and result.json, made of the journal alone: the same bytes each time. */
export async function writeReport(world: Pick<World, 'fs'>, session: ReadSession): Promise<void> {
  await world.fs.write(join(session.folder, 'report.md'), reportOf(session), 0o600);
  await world.fs.write(join(session.folder, 'result.json'), resultText(session), 0o600);
}

/** Hashes of everything in the folder that is not the journal, and the journal's seals. */
export async function writeManifest(world: Pick<World, 'fs'>, session: ReadSession): Promise<void> {
  const artefacts: ArtefactHash[] = [];
  for (const name of ARTEFACTS) {
    const bytes = await world.fs.readBytes(join(session.folder, name));
    if (bytes !== undefined) artefacts.push({ name, sha256: sha256(bytes) });
  }
  await world.fs.write(join(session.folder, 'manifest.json'), manifestText(manifestOf(session, artefacts)), 0o600);
}

/** What manifest.json says of this journal and of files with these hashes. */
export function manifestOf({ view, content }: ReadSession, artefacts: readonly ArtefactHash[]): Manifest {
  return buildManifest(view, content.head, artefacts, { gameday: gamedayVersion(), lineOf: lineNumbers(content) });
}

/** The session's row in the schedule; a lab's sessions have a table of their own that is ignored by git. */
export async function writeScheduleRow(world: Pick<World, 'fs'>, session: ReadSession): Promise<void> {
  const name = session.view.started?.kind === 'lab' ? 'LAB.md' : 'README.md';
  const path = join(dirname(session.folder), name);
  const before = (await world.fs.readText(path)) ?? '';
  const after = insertRow(before, scheduleRow(session.view, session.judgement));
  if (after !== before) await world.fs.write(path, after, 0o644);
}
