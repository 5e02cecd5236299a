import { visibleJson } from '../core/json.ts';
import type { JournalView } from '../journal/view.ts';

/** What a session's folder holds beside the journal and the manifest; all of it follows from the journal. */
export const ARTEFACTS = ['report.md', 'result.json', 'session.log'] as const;

/** An artefact of a session and what its bytes hash to. */
export interface ArtefactHash {
  /** Name inside the session's folder: `report.md`. */
  readonly name: string;
  readonly sha256: string;
}

export interface Manifest {
  readonly version: 1;
  /** Version of the program that wrote the artefacts: the same one writes the same bytes again. */
  readonly gameday: string | null;
  readonly session: string | null;
  /** What each writer sealed: the line (counted from 1) that holds the seal, and the hash of the line before it. */
  readonly seals: readonly { readonly line: number; readonly head: string }[];
  /** Hash of the journal's last line. */
  readonly head: string;
  readonly artefacts: readonly ArtefactHash[];
  readonly runbooks: readonly { readonly scenario: string; readonly path: string; readonly sha256: string | null }[];
  readonly template: { readonly source: string; readonly sha256: string } | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** What the view alone does not know: who writes the manifest, and on which line a record stands. */
export interface ManifestMaker {
  readonly gameday?: string | null;
  readonly lineOf?: (seq: number) => number;
}

/** Content of manifest.json, from hashes that the caller took. `head` is the journal's, as its writer or reader gives it. */
export function buildManifest(
  view: JournalView,
  head: string,
  artefacts: readonly ArtefactHash[],
  { gameday = null, lineOf = (seq) => seq + 1 }: ManifestMaker = {},
): Manifest {
  const { started } = view;
  return {
    version: 1,
    gameday,
    session: started?.session ?? null,
    seals: view.sealed.map((seal) => ({ line: lineOf(seal.seq), head: seal.head })),
    head,
    artefacts: [...artefacts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    runbooks: (started?.runbooks ?? []).map(({ scenario, path, sha256 }) => ({ scenario, path, sha256 })),
    template: started === undefined ? null : { source: started.template.source, sha256: started.template.sha256 },
    versions: started?.versions ?? {},
  };
}

/** The bytes of manifest.json. */
export function manifestText(manifest: Manifest): string {
  return `${visibleJson(JSON.stringify(manifest, null, 2))}\n`;
}
