import type { JsonObject } from '../core/json.ts';
import type { NodeRef } from '../core/node.ts';
import type { Verdict } from '../core/outcome.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { Lab } from '../lab/lab.ts';
import type { Http } from '../world/world.ts';

/** Not a gate of a plan: what the whole session says in the end, its caps included. */
export const VERDICT = 'verdict';
/** Not a gate of a plan: what is looked at before anything is broken; it can refuse the session. */
export const PREFLIGHT = 'preflight';

/** What a sabotage must do to a gate. `PASS`: it must leave it alone; such a turn vouches for no gate. */
export interface Turn {
  /** Id of a gate of the scenario or of the session, or VERDICT or PREFLIGHT. */
  readonly gate: string;
  readonly to: Exclude<Verdict, 'PASS'> | 'not PASS' | 'PASS' | 'refused';
  /** The right reason: what the gate, the headline or the refusal says must match. */
  readonly because: RegExp;
}

/** What a gate says whose service did not come back in time, or not for good. */
export const NOT_BACK =
  /not seen again|failed again|away too long|within the uncertainty|fewer than \d+ good looks|stayed |cut short/;

interface Described {
  /** Unique: `d-no-redispatch`. */
  readonly id: string;
  /** What is wrong, in a few words: `redispatch is off`. */
  readonly title: string;
  /** Letter of the scenario in whose session it is made. */
  readonly scenario: string;
  readonly turns: readonly Turn[];
}

/** What is done to the lab and to the tool around and during one session. */
export interface LiveSabotage extends Described {
  /** For the table: made on the real servers, or by a go-between that lies to the tool. */
  readonly kind: 'servers' | 'platform';
  /**
   * Sabotages of one scenario with the same round share a session: they must turn different gates, and none may hide what
   * another does. Default: a session of its own.
   */
  readonly round?: string;
  /** Laid over the lab's own settings: limits that are quickly passed and still tell good from bad. */
  readonly settings?: JsonObject;
  /** Before the session. */
  before?(lab: Lab): Promise<void>;
  /** While it runs: called with each record once it stands in the journal. What it answers with is waited for at the end. */
  during?(lab: Lab): (record: JournalRecord) => Promise<void> | undefined;
  /** In the place of the platform's stop; `stop` is the real one. */
  stop?(lab: Lab, node: NodeRef, stop: () => Promise<void>): Promise<void>;
  /** In the place of the platform's start. */
  start?(lab: Lab, node: NodeRef, start: () => Promise<void>): Promise<void>;
  /** Between the drill and its servers. */
  http?(http: Http): Http;
  /** The way back. Runs whatever happened, more than once where need be; nodes that are down or paused are started after it. */
  after?(lab: Lab): Promise<void>;
}

/** A good session's journal with one thing changed, judged again. Exactly one of the two ways. */
export interface JournalSabotage extends Described {
  readonly kind: 'journal';
  /** The world behaved otherwise: other records, in a journal that hangs together. */
  edit?(records: readonly JournalRecord[]): readonly JournalRecord[];
  /** The file was damaged: other bytes. */
  damage?(bytes: Uint8Array): Uint8Array;
}

export type Sabotage = LiveSabotage | JournalSabotage;

/** A turn that wants another status than PASS: only such a one shows that the gate can ring. */
export function rings({ to }: Turn): boolean {
  return to !== 'PASS';
}
