import type { GamedayEvent } from './events.ts';
import {
  action,
  alert,
  alertChange,
  alertPlace,
  alertRule,
  audit,
  check,
  command,
  gateResult,
  gateSpec,
  groupWait,
  namespace,
  node,
  notDrilled,
  phase,
  plan,
  reach,
  ruleInput,
  runbook,
  scrapeState,
  scrapeTarget,
  status,
  suppressedBy,
  template,
  undo,
} from './parts.ts';
import {
  anyObject,
  flag,
  labels,
  listOf,
  misshapen,
  nullable,
  number,
  oneOf,
  optional,
  outcome,
  type Shape,
  type ShapesOf,
  text,
  tuple,
} from './shape.ts';

type Shapes = {
  readonly [Event in GamedayEvent as Event['type']]: ShapesOf<Omit<Event, 'type'>>;
};

const scenario = text;
const fault = { scenario, fault: text };
const ofFault = { ...fault, node: text };
const between = { notBefore: number, notAfter: number };
/** JSON has no `undefined` in a list: there it is null. */
const maybeText = nullable(optional(text));
const write = oneOf('acked', 'rejected', 'indeterminate');

/** Every event with the shape of all that it carries; the compiler asks for what is missing. What older versions did not write is optional. */
const SHAPES: Shapes = {
  'writer.started': {
    origin: oneOf('run', 'recover', 'guard'),
    version: text,
    pid: number,
    host: text,
    bootId: text,
    tornBytes: optional(number),
    sha256: optional(text),
  },
  'session.started': {
    session: text,
    environment: text,
    kind: text,
    profile: text,
    config: anyObject,
    template,
    runbooks: listOf(runbook),
    versions: labels,
    scenarios: listOf(plan),
    notDrilled: listOf(notDrilled),
    sessionGates: listOf(gateSpec),
    reach: optional(reach),
    alertSource: text,
    acknowledged: optional(oneOf('written-before-next')),
  },
  check: { scenario: nullable(scenario), check },
  'scenario.started': { scenario },
  'scenario.ended': {
    scenario,
    outcome: oneOf('completed', 'not-injected', 'unproven', 'aborted', 'interrupted', 'error', 'not-run'),
    reason: text,
    internal: optional(flag),
  },
  'phase.started': { scenario, phase },
  'phase.ended': { scenario, phase, ok: flag, detail: text },
  waiting: { scenario, phase, ok: flag, detail: text },
  'undo.armed': { ...fault, undo },
  'fault.requested': { ...fault, node, action, deadlineMs: number },
  'fault.command': { ...fault, command },
  'fault.settled': {
    ...fault,
    outcome: oneOf('applied', 'failed', 'indeterminate'),
    detail: text,
    commandGiven: optional(flag),
  },
  'fault.proven': { ...ofFault, platform: text, independent: text },
  'fault.returned': { ...ofFault, detail: text },
  'undo.requested': { ...ofFault, attempt: number },
  'undo.settled': {
    ...ofFault,
    outcome: oneOf('restored', 'not-restored'),
    verifiedBy: text,
    detail: text,
    byHand: text,
  },
  recovered: { scenario, detail: text },
  samples: { scenario, probe: text, items: listOf(tuple(number, number, number, outcome, maybeText)) },
  'probe.missed': {
    scenario,
    probe: text,
    count: number,
    firstScheduledAt: number,
    lastScheduledAt: number,
    reason: oneOf('late', 'in-flight', 'stood-still'),
  },
  observation: { scenario, probe: text, key: text, from: optional(text), to: text, ...between },
  'ledger.opened': { scenario, ledger: text, namespace },
  'ledger.removed': { scenario, ledger: text },
  'ledger.entries': {
    scenario,
    ledger: text,
    items: listOf(tuple(number, number, number, write, maybeText, optional(number), optional(oneOf('stood-still')))),
  },
  'ledger.audited': { scenario, ledger: text, audits: listOf(audit) },
  'ledger.unread': { scenario, ledger: text, detail: text },
  'alert.changed': {
    scenario,
    name: text,
    labels,
    where: alertPlace,
    from: alertChange,
    to: alertChange,
    ...between,
    activeAt: optional(text),
    receivedAt: optional(text),
    receivers: optional(listOf(text)),
    suppressedBy: optional(suppressedBy),
  },
  'alert.baseline': { scenario, active: listOf(alert), rules: listOf(text) },
  'alert.surveyed': {
    scenario,
    rules: listOf(alertRule),
    inputs: listOf(ruleInput),
    targets: listOf(scrapeTarget),
    groupWaits: listOf(groupWait),
    problems: listOf(text),
  },
  'scrapes.seen': { scenario, serverAt: text, comparedMs: number, targets: listOf(scrapeState), ...between },
  'alert.reachability': { scenario, reachable: flag, detail: text },
  'log.matched': {
    scenario,
    expectation: text,
    node: text,
    count: number,
    line: text,
    writtenAt: optional(text),
    ownClock: optional(flag),
  },
  'log.unreadable': { scenario, node: text, detail: text },
  note: { scenario: nullable(scenario), text },
  gap: { scenario: nullable(scenario), kind: text, text },
  abort: { scenario, reason: text },
  interrupted: { signal: text, count: number },
  'guard.started': { guard: command },
  'guard.lost': { detail: text },
  takeover: { by: oneOf('guard', 'recover'), reason: text },
  suspended: { ms: number, since: number, who: oneOf('process', 'machine') },
  'gate.judged': { scenario: nullable(scenario), gate: text, result: gateResult },
  'session.ended': { verdict: status, exit: number, detail: text },
  'session.sealed': { head: text },
};

const BY_TYPE: ReadonlyMap<string, Readonly<Record<string, Shape>>> = new Map(Object.entries(SHAPES));

/** Why this is no event that anybody could read on; undefined when it is one. Its times and names may still make no sense: that is for judges. */
export function whyNoEvent(type: string, body: object): string | undefined {
  const shapes = BY_TYPE.get(type);
  if (shapes === undefined) return 'of an unknown type';
  const wrong = misshapen(body, shapes);
  return wrong === undefined ? undefined : `${type} without a right "${wrong}"`;
}
