import { dirname, join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { sha256 } from '../journal/codec.ts';
import { type JournalContent, readJournal } from '../journal/reader.ts';
import { foldJournal, type JournalView } from '../journal/view.ts';
import { type ResultJson, resultJson } from '../report/json.ts';
import { buildManifest } from '../report/manifest.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport } from '../report/model.ts';
import { insertRow, scheduleRow } from '../report/schedule.ts';
import { judgeSession, type SessionJudgement } from '../verdict/judge.ts';
import type { World } from '../world/world.ts';

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

export function resultOf({ view, judgement }: ReadSession): ResultJson {
  return resultJson(view, judgement);
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
  await world.fs.write(join(session.folder, 'result.json'), `${JSON.stringify(resultOf(session), null, 2)}\n`, 0o600);
}

/** Hashes of everything in the folder that is not the journal, and the journal's seals. */
export async function writeManifest(world: Pick<World, 'fs'>, session: ReadSession): Promise<void> {
  const artefacts: { name: string; sha256: string }[] = [];
  for (const name of ['report.md', 'result.json', 'session.log']) {
    const bytes = await world.fs.readBytes(join(session.folder, name));
    if (bytes !== undefined) artefacts.push({ name, sha256: sha256(bytes) });
  }
  const manifest = buildManifest(session.view, session.content.head, artefacts);
  await world.fs.write(join(session.folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, 0o600);
}

/** The session's row in the schedule; a lab's sessions have a table of their own that is ignored by git. */
export async function writeScheduleRow(world: Pick<World, 'fs'>, session: ReadSession): Promise<void> {
  const name = session.view.started?.kind === 'lab' ? 'LAB.md' : 'README.md';
  const path = join(dirname(session.folder), name);
  const before = (await world.fs.readText(path)) ?? '';
  const after = insertRow(before, scheduleRow(session.view, session.judgement));
  if (after !== before) await world.fs.write(path, after, 0o644);
}
