import type { EventType } from '../../../src/journal/events.ts';
import type { Role } from './plan.ts';

/** What makes an event come into a session in which everything else works; undefined: it comes by itself. */
export type Provocation =
  | 'metrics'
  | 'log-ends'
  | 'alerts-lost'
  | 'alarm'
  | 'inbox-note'
  | 'inbox-gap'
  | 'inbox-abort'
  | 'sigint'
  | 'standstill'
  | 'guard-dies'
  | 'tool-dies'
  | 'other-starts';

export interface Kind {
  /** Who writes it. */
  readonly by: readonly Role[];
  /** One of them is enough. */
  readonly provokedBy?: readonly Provocation[];
}

const TOOL: Kind = { by: ['tool'] };

/** Every kind of event: at each a process may be hit. The compiler asks for new ones. */
export const KINDS: Readonly<Record<EventType, Kind>> = {
  'writer.started': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  'session.started': TOOL,
  check: TOOL,
  'scenario.started': TOOL,
  'scenario.ended': TOOL,
  'phase.started': TOOL,
  'phase.ended': TOOL,
  waiting: TOOL,
  'undo.armed': TOOL,
  'fault.requested': TOOL,
  'fault.command': TOOL,
  'fault.settled': TOOL,
  'fault.proven': TOOL,
  'fault.returned': { by: ['tool'], provokedBy: ['other-starts'] },
  'undo.requested': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  'undo.settled': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  recovered: TOOL,
  samples: TOOL,
  'probe.missed': { by: ['tool'], provokedBy: ['standstill'] },
  observation: TOOL,
  'ledger.opened': TOOL,
  'ledger.removed': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  'ledger.entries': TOOL,
  'ledger.audited': TOOL,
  'ledger.unread': { by: ['tool'], provokedBy: ['sigint'] },
  'alert.changed': TOOL,
  'alert.baseline': TOOL,
  'alert.surveyed': { by: ['tool'], provokedBy: ['metrics'] },
  'scrapes.seen': { by: ['tool'], provokedBy: ['metrics'] },
  'alert.reachability': { by: ['tool'], provokedBy: ['alerts-lost'] },
  'log.matched': TOOL,
  'log.unreadable': { by: ['tool'], provokedBy: ['log-ends'] },
  note: { by: ['tool', 'guard', 'recover'], provokedBy: ['inbox-note', 'tool-dies'] },
  gap: { by: ['tool'], provokedBy: ['inbox-gap'] },
  abort: { by: ['tool'], provokedBy: ['inbox-abort', 'alarm'] },
  interrupted: { by: ['tool'], provokedBy: ['sigint'] },
  'guard.started': TOOL,
  'guard.lost': { by: ['tool'], provokedBy: ['guard-dies'] },
  takeover: { by: ['guard', 'recover'], provokedBy: ['tool-dies'] },
  suspended: { by: ['tool'], provokedBy: ['standstill'] },
  'gate.judged': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  'session.ended': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
  'session.sealed': { by: ['tool', 'guard', 'recover'], provokedBy: ['tool-dies'] },
};
