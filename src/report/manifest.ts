import type { JournalView } from '../journal/view.ts';

/** An artefact of a session and what its bytes hash to. */
export interface ArtefactHash {
  /** Name inside the session's folder: `report.md`. */
  readonly name: string;
  readonly sha256: string;
}

export interface Manifest {
  readonly version: 1;
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

/** Content of manifest.json, from hashes that the caller took. `head` is the journal's, as its writer or reader gives it. */
export function buildManifest(view: JournalView, head: string, artefacts: readonly ArtefactHash[]): Manifest {
  const { started } = view;
  return {
    version: 1,
    session: started?.session ?? null,
    seals: view.sealed.map((seal) => ({ line: seal.seq + 1, head: seal.head })),
    head,
    artefacts: [...artefacts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    runbooks: (started?.runbooks ?? []).map(({ scenario, path, sha256 }) => ({ scenario, path, sha256 })),
    template: started === undefined ? null : { source: started.template.source, sha256: started.template.sha256 },
    versions: started?.versions ?? {},
  };
}
