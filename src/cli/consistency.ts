import { join } from 'node:path';
import { sha256 } from '../journal/codec.ts';
import { lineNumbers } from '../journal/reader.ts';
import { strangeLines } from '../report/log-check.ts';
import { ARTEFACTS } from '../report/manifest.ts';
import { manifestProblems, readManifest } from '../report/manifest-check.ts';
import type { World } from '../world/world.ts';
import { manifestOf, type ReadSession, reportOf, resultText } from './artefacts.ts';
import { sameClaims } from './claims.ts';
import { gamedayVersion } from './package.ts';

export interface Consistency {
  /** What contradicts something else, each with its line or file. Empty: everything follows from the journal. */
  readonly wrong: readonly string[];
  /** What is worth knowing and no contradiction: crashes, several writers. */
  readonly remarks: readonly string[];
}

/**
 * Holds everything in a session's folder against everything else: the lines of the journal against each other, the
 * claims against the journal, the manifest against the journal and the files, the files against the journal. `head` is
 * the hash of the last line as the run printed it.
 */
export async function checkSession(
  world: Pick<World, 'fs'>,
  session: ReadSession,
  head: string | undefined,
): Promise<Consistency> {
  const { content } = session;
  const { problems, records, places } = content;
  const text = (kinds: 'crash' | 'others') =>
    problems
      .filter((one) => (one.kind === 'crash') === (kinds === 'crash'))
      .map((one) => `line ${one.line}: ${one.text}`);
  const wrong = text('others');
  const last = places.at(-1)?.line ?? 0;
  if (records.at(-1)?.type !== 'session.sealed')
    wrong.push(
      `line ${last}: the journal is not sealed behind this line: its writer was ended or is at work, or the end was cut off; gameday recover closes what a dead writer left`,
    );
  if (head !== undefined && head !== content.head) wrong.push(headText(session, head));
  wrong.push(...sameClaims(content, lineNumbers(content)), ...(await artefactProblems(world, session)));
  const writers = session.view.writers.map((one) => one.origin);
  return {
    wrong,
    remarks: [...text('crash'), ...(writers.length > 1 ? [`written by ${writers.join(', then ')}`] : [])],
  };
}

function headText({ content: { head: is, places, records } }: ReadSession, head: string): string {
  const index = places.findIndex((place) => place.hash === head);
  const last = places.at(-1)?.line ?? 0;
  if (!/^[0-9a-f]{64}$/u.test(head))
    return `--head ${head}: this is not a full hash of 64 hexadecimal digits, so it was not compared`;
  if (index === -1)
    return `line ${last}: the journal ends here with head ${is}, not ${head}: it was cut off or rewritten`;
  const next = records[index + 1];
  const by = next?.type === 'writer.started' ? ` (by ${next.origin}, ${next.at})` : '';
  return `line ${places[index + 1]?.line ?? last}: the journal with this head ended before this line; it and those below it were added later${by}: compare with the head that was printed then`;
}

async function artefactProblems(world: Pick<World, 'fs'>, session: ReadSession): Promise<readonly string[]> {
  const { folder, content, view } = session;
  const text = await world.fs.readText(join(folder, 'manifest.json'));
  const files = new Map<string, Uint8Array>();
  for (const name of ARTEFACTS) {
    const bytes = await world.fs.readBytes(join(folder, name));
    if (bytes !== undefined) files.set(name, bytes);
  }
  if (text === undefined) {
    // A journal that ends before it says what is drilled gives no report: there is nothing to vouch for but the log.
    if (view.started === undefined && !files.has('report.md') && !files.has('result.json')) return [];
    return [
      'manifest.json: it is missing, so nothing vouches for the files beside the journal; gameday report makes it again',
    ];
  }
  const hashes = [...files].map(([name, bytes]) => ({ name, sha256: sha256(bytes) }));
  const now = manifestOf(session, hashes);
  const problems = manifestProblems({ text, now, places: content.places });
  const manifest = readManifest(text);
  // What a changed journal gives is not what it gave, and another version of gameday may say it in other words.
  const changed = content.problems.some((one) => one.kind !== 'crash') || manifest?.head !== content.head;
  if (changed || manifest?.gameday !== gamedayVersion()) return problems;
  return [...problems, ...unlikeJournal(session, files, problems)];
}

/** Files that the journal does not give, though the manifest vouches for them. */
function unlikeJournal(
  session: ReadSession,
  files: ReadonlyMap<string, Uint8Array>,
  known: readonly string[],
): readonly string[] {
  const isNews = (name: string) => files.has(name) && !known.some((problem) => problem.startsWith(`${name}:`));
  const differs = (name: string, text: string) =>
    isNews(name) && !Buffer.from(text).equals(files.get(name) ?? new Uint8Array());
  const withIt = 'and manifest.json with it';
  const found: string[] = [];
  if (session.view.started !== undefined && differs('report.md', reportOf(session)))
    found.push(`report.md: it is not what the journal gives: it was changed, ${withIt}`);
  if (differs('result.json', resultText(session)))
    found.push(`result.json: it is not what the journal gives: it was changed, ${withIt}`);
  const log = Buffer.from(files.get('session.log') ?? new Uint8Array()).toString('utf8');
  const [line] = isNews('session.log') ? strangeLines(log, session.content.records) : [];
  if (line !== undefined)
    found.push(`session.log: its line ${line} is not one that the journal gives: it was changed, ${withIt}`);
  return found;
}
