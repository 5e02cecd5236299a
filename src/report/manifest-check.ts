import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Place } from '../journal/links.ts';
import { ARTEFACTS, type Manifest, manifestText } from './manifest.ts';

export interface ManifestInput {
  /** manifest.json as it stands in the folder. */
  readonly text: string;
  /** What it would say if it were made now, of the journal and the files as they are. */
  readonly now: Manifest;
  readonly places: readonly Place[];
}

/** Where manifest.json disagrees with the journal and the files beside it. Empty: it is, byte for byte, what it should be. */
export function manifestProblems({ text, now, places }: ManifestInput): readonly string[] {
  const found = readManifest(text);
  if (found === undefined) return ['manifest.json: not a manifest: it was changed or cut'];
  const problems = [...headProblems(found, now, places), ...artefactProblems(found, now)];
  for (const key of ['version', 'session', 'runbooks', 'template', 'versions'] as const) {
    if (JSON.stringify(found[key]) !== JSON.stringify(now[key]))
      problems.push(`manifest.json: its ${key} is not what the journal says`);
  }
  if (problems.length > 0) return problems;
  const expected = manifestText({ ...now, gameday: typeof found.gameday === 'string' ? found.gameday : null });
  return text === expected ? [] : ['manifest.json: not as gameday writes it: it was changed by hand'];
}

/** The manifest as plain data; undefined where the text is none. */
export function readManifest(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON, so no manifest: that is what undefined says.
    return undefined;
  }
}

function headProblems(found: JsonObject, now: Manifest, places: readonly Place[]): readonly string[] {
  const seals = JSON.stringify(found.seals);
  if (found.head === now.head)
    return seals === JSON.stringify(now.seals) ? [] : ["manifest.json: its seals are not the journal's"];
  const last = places.at(-1)?.line ?? 0;
  const known = places.find((place) => place.hash === found.head);
  if (known !== undefined)
    return [`line ${known.line + 1}: this line and those below it were added after manifest.json was written`];
  if (seals === JSON.stringify(now.seals))
    return [`line ${last}: the last line is not the one of which manifest.json holds the hash: it was changed`];
  return [`line ${last}: manifest.json was made for another end of this journal: it was cut off here, or rewritten`];
}

function artefactProblems(found: JsonObject, now: Manifest): readonly string[] {
  const listed = new Map(hashes(found.artefacts));
  const there = new Map(now.artefacts.map(({ name, sha256 }) => [name, sha256]));
  return ARTEFACTS.flatMap((name) => {
    const [wanted, is] = [listed.get(name), there.get(name)];
    if (wanted === is) return [];
    if (is === undefined) return [`${name}: it is missing, and manifest.json names it`];
    if (wanted === undefined) return [`${name}: manifest.json does not name it`];
    return [`${name}: it was changed after it was written: its SHA-256 is not the one in manifest.json`];
  });
}

function hashes(artefacts: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(artefacts)) return [];
  return artefacts.flatMap((one: unknown) =>
    isJsonObject(one) && typeof one.name === 'string' && typeof one.sha256 === 'string'
      ? [[one.name, one.sha256] as const]
      : [],
  );
}
