import type { GateResult, GateSpec } from '../core/gate.ts';
import type { JsonObject } from '../core/json.ts';
import type { Verdict } from '../core/outcome.ts';
import type { CommandRef } from '../core/platform.ts';
import type { Check, ScenarioPlan } from '../core/scenario.ts';

// Events of a whole session: who writes, what is to be drilled, what people and the guard did, what was judged.

/** A process began to write. Intervals never cross two writers on different boots. Follows a torn tail, if there was one. */
export interface WriterStarted {
  readonly type: 'writer.started';
  readonly origin: 'run' | 'recover' | 'guard';
  readonly version: string;
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** Bytes of the unreadable line before this one, and their hash: proof of a crash, not of tampering. */
  readonly tornBytes?: number;
  readonly sha256?: string;
}

/** Where a runbook was found when the session began. `sha256` null: the file is missing, which is a gap. */
export interface RunbookSeen {
  readonly scenario: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly headings: readonly string[];
}

/** All that a report needs besides what happened. */
export interface SessionStarted {
  readonly type: 'session.started';
  readonly session: string;
  readonly environment: string;
  readonly kind: string;
  readonly profile: string;
  /** The effective configuration with every secret taken out. */
  readonly config: JsonObject;
  readonly template: { readonly source: string; readonly sha256: string; readonly text: string };
  readonly runbooks: readonly RunbookSeen[];
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioPlan[];
  /** Scenarios that were not chosen or cannot be drilled here, with the reason; `limits` caps the session at INCONCLUSIVE. */
  readonly notDrilled: readonly {
    readonly id: string;
    readonly title: string;
    readonly reason: string;
    readonly limits: boolean;
  }[];
  readonly sessionGates: readonly GateSpec[];
  /**
   * What guard and recover need to find the nodes from any folder: the lock, each platform's own way, and the folder that
   * paths in `config` are relative to. `namespace` makes the names of the ledgers' own places (`gameday_<this>`). No secrets.
   */
  readonly reach: {
    readonly lockPath: string;
    readonly platforms: Readonly<Record<string, JsonObject>>;
    readonly namespace?: string;
    readonly folder?: string;
  };
  /** For people: `Prometheus http://127.0.0.1:9090 and Alertmanager http://127.0.0.1:9093`. */
  readonly alertSource: string;
  /** What a crash of the tool leaves of a ledger's answers: all of them. Absent in older journals, where half a second could be missing. */
  readonly acknowledged?: 'written-before-next';
}

/** A preflight or attainability check. `scenario` null: about the session. */
export interface Checked {
  readonly type: 'check';
  readonly scenario: string | null;
  readonly check: Check;
}

export interface Note {
  readonly type: 'note';
  readonly scenario: string | null;
  readonly text: string;
}

/** A finding: something the drill showed to be wrong or missing. Never changes a verdict by itself. */
export interface Gap {
  readonly type: 'gap';
  readonly scenario: string | null;
  /** `runbook-missing`, `alert-missing`, `restore-by-hand`, `claims-healed`, `hanging-write`, `inconclusive`, … */
  readonly kind: string;
  readonly text: string;
}

/** SIGINT, SIGTERM or SIGHUP came. */
export interface Interrupted {
  readonly type: 'interrupted';
  readonly signal: string;
  readonly count: number;
}

/** The guard watches from now on: no fault is requested before this stands in the journal. */
export interface GuardStarted {
  readonly type: 'guard.started';
  readonly guard: CommandRef;
}

/** The guard ended although nobody had dismissed it. */
export interface GuardLost {
  readonly type: 'guard.lost';
  readonly detail: string;
}

/** Someone else than the tool closes this journal: the tool died, hung past its lease, or could not write. */
export interface Takeover {
  readonly type: 'takeover';
  readonly by: 'guard' | 'recover';
  readonly reason: string;
}

/** The tool itself stood still for so long (SIGSTOP, a suspended machine, a starved CPU): what it measured around then proves nothing. */
export interface Suspended {
  readonly type: 'suspended';
  /** Real time, at most; where the whole machine slept CLOCK_MONOTONIC stood still meanwhile. */
  readonly ms: number;
  /** CLOCK_MONOTONIC of the last look at the clock before it. Between then and this line nobody measured anything. */
  readonly since: number;
  readonly who: 'process' | 'machine';
}

/** A claim that `verify` recomputes; no gate reads it. */
export interface GateJudged {
  readonly type: 'gate.judged';
  readonly scenario: string | null;
  readonly gate: string;
  readonly result: GateResult;
}

export interface SessionEnded {
  readonly type: 'session.ended';
  readonly verdict: Verdict;
  readonly exit: number;
  readonly detail: string;
}

/** A writer that closes seals what it wrote: `head` is the hash of the line before. */
export interface SessionSealed {
  readonly type: 'session.sealed';
  readonly head: string;
}
