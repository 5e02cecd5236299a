import type { EventType } from '../../../src/journal/events.ts';
import type { Command } from '../../support/sim-commands.ts';
import type { Point, Where } from '../../support/sim-process.ts';

/** The processes of a session. `recover` is run afterwards, `byhand` by an impatient person in the middle. */
export type Role = 'tool' | 'guard' | 'recover' | 'byhand';

/** At a time since the start in ms; or `delayMs` after a process has come to a point for the nth time. */
export type Trigger =
  | { readonly atMs: number }
  | {
      readonly role: Role;
      readonly op: Point['op'];
      /** Undefined: any. */
      readonly what?: string;
      readonly where: Where;
      readonly nth: number;
      readonly delayMs: number;
    };

/** Of a full or broken disk each operation fails; of a hanging one it takes until the trouble is over. */
export type DiskTrouble = 'ENOSPC' | 'EIO' | 'hang';

export type InboxDrop = 'note' | 'gap' | 'abort' | 'garbage';

export type Blow = { readonly trigger: Trigger } & (
  | { readonly what: 'kill'; readonly who: readonly ('self' | Role)[] }
  | { readonly what: 'power'; readonly unsynced: 'dropped' | 'torn'; readonly offMs: number }
  | { readonly what: 'stop'; readonly who: Role; readonly ms: number }
  | { readonly what: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'; readonly again: boolean }
  | { readonly what: 'wall'; readonly ms: number }
  | { readonly what: 'sleep'; readonly ms: number }
  | { readonly what: 'disk'; readonly how: DiskTrouble; readonly ms: number }
  | { readonly what: 'platform'; readonly how: 'fail' | 'hang'; readonly ms: number }
  | { readonly what: 'flap'; readonly node: string; readonly ms: number }
  | { readonly what: 'other-stops'; readonly node: string }
  | { readonly what: 'other-starts'; readonly node: string }
  | { readonly what: 'alerts-lost'; readonly ms: number }
  /** The alert fires that is set to end a drill. */
  | { readonly what: 'alarm'; readonly ms: number }
  | { readonly what: 'byhand' }
  /** Another terminal drops a file into the session's inbox. */
  | { readonly what: 'inbox'; readonly message: InboxDrop }
);

export interface DrillPlan {
  readonly id: string;
  readonly victims: readonly string[];
  readonly maxDown: number;
  /** Between the first victim and the second. */
  readonly staggerMs: number;
  readonly recoversAfter: 'fault' | 'undo';
  readonly steadyMs: number;
  readonly outageMs: number;
  readonly verifyMs: number;
  readonly undoDeadlineMs: number;
}

/** Everything that is decided before a session begins. What is drawn on the way follows from the same seed. */
export interface SessionPlan {
  readonly seed: number;
  readonly nodes: readonly string[];
  readonly drills: readonly DrillPlan[];
  /** Each drill is repeated on what survived it. */
  readonly twice: boolean;
  readonly alerts: boolean;
  /** The alert servers tell what stands behind an alert. */
  readonly metrics: boolean;
  /** One alert is set to end a drill. */
  readonly stopAlert: boolean;
  /** The platform stops telling what the nodes log. */
  readonly logEnds: boolean;
  readonly failoverMs: number;
  readonly loseAtFailover: number;
  readonly syncMs: number;
  readonly stops: readonly Command[];
  readonly starts: readonly Command[];
  /** Why no guard can be started; undefined: it can. */
  readonly guardRefusal: string | undefined;
  readonly blows: readonly Blow[];
  /** When all is over and recovered, the next session is run on the same machine. */
  readonly again: boolean;
}

/** Points of the journal at which a process is hit most often; `widen` takes all kinds of events alike. */
export const CONTROL_EVENTS: readonly EventType[] = [
  'writer.started',
  'session.started',
  'guard.started',
  'check',
  'scenario.started',
  'phase.started',
  'phase.ended',
  'alert.baseline',
  'undo.armed',
  'fault.requested',
  'fault.command',
  'fault.settled',
  'fault.proven',
  'undo.requested',
  'undo.settled',
  'recovered',
  'ledger.audited',
  'scenario.ended',
  'gate.judged',
  'session.ended',
  'session.sealed',
  'takeover',
  'interrupted',
  'note',
  'samples',
  'observation',
];
