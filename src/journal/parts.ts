import {
  type AlertRule,
  type AlertState,
  type GroupWait,
  type RuleInput,
  SCRAPE_STATES,
  type ScrapeState,
  type ScrapeTarget,
  type SuppressedBy,
} from '../core/alert.ts';
import type { Evidence, GateResult, GateSpec } from '../core/gate.ts';
import type { Audit, Namespace } from '../core/ledger.ts';
import type { NodeRef, UndoIntent } from '../core/node.ts';
import type { CommandRef } from '../core/platform.ts';
import type { WritableFact } from '../core/probe.ts';
import type { AlertExpectation, Check, LogExpectation, RunbookRef, ScenarioPlan } from '../core/scenario.ts';
import type { RunbookSeen, SessionStarted } from './events.ts';
import {
  anyObject,
  flag,
  headings,
  labels,
  listOf,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
} from './shape.ts';

/** Shapes of what stands inside of events. */
export const status = oneOf('PASS', 'INCONCLUSIVE', 'FAIL');
export const action = oneOf('stop', 'pause');
export const phase = oneOf('preflight', 'steady', 'inject', 'observe', 'restore', 'verify', 'judge');
export const alertChange = oneOf('pending', 'firing', 'suppressed', 'inactive');
export const alertPlace = oneOf('prometheus', 'alertmanager');

export const node = object<NodeRef>({ name: text, platform: text, labels });

export const undo = object<UndoIntent>({
  platform: text,
  node,
  action: oneOf('start', 'resume'),
  deadlineMs: number,
  verify: oneOf('up', 'starting', 'paused', 'down', 'unknown'),
  byHand: text,
});

export const command = object<CommandRef>({ pid: number, startTime: text });

export const check = object<Check>({
  name: text,
  status: oneOf('ok', 'warning', 'blocked', 'unattainable'),
  detail: text,
  hint: text,
});

export const suppressedBy = object<SuppressedBy>({ silences: listOf(text), alerts: listOf(text) });

export const alert = object<AlertState>({
  name: text,
  labels,
  state: oneOf('pending', 'firing', 'suppressed'),
  where: alertPlace,
  activeAt: optional(text),
  receivedAt: optional(text),
  receivers: optional(listOf(text)),
  suppressedBy: optional(suppressedBy),
});

export const alertRule = object<AlertRule>({ name: text, query: text, forMs: number, intervalMs: number });
export const ruleInput = object<RuleInput>({ rule: text, selector: text, series: number });
export const groupWait = object<GroupWait>({ receiver: text, waitMs: number });
export const scrapeTarget = object<ScrapeTarget>({ job: text, instance: text });

export const scrapeState = object<ScrapeState>({
  job: text,
  instance: text,
  labels,
  state: oneOf(...SCRAPE_STATES),
  detail: text,
  lastScrape: text,
  tookMs: number,
  intervalMs: number,
});

export const audit = object<Audit>({
  replica: text,
  acked: number,
  seeds: optional(number),
  lost: number,
  recovered: number,
  unexpected: number,
  duplicated: nullable(number),
  corrupted: nullable(number),
  stale: nullable(number),
  lostIds: listOf(number),
});

export const namespace = object<Namespace>({ what: text, byHand: text });

const evidence = object<Evidence>({ seq: number, index: optional(number) });

export const gateResult = object<GateResult>({
  status,
  measured: text,
  limit: text,
  uncertainty: text,
  reason: text,
  value: nullable(number),
  unit: oneOf('ms', 'count', 'none'),
  evidence: listOf(evidence),
});

export const gateSpec = object<GateSpec>({ id: text, kind: text, title: text, params: anyObject });

const looking = { name: text, target: text, intervalMs: number, timeoutMs: number, user: flag };
const probe: Shape = object<ScenarioPlan['probes'][number]>({
  ...looking,
  health: optional(flag),
  writable: optional(object<WritableFact>({ key: text, value: text })),
});
const ledger: Shape = object<ScenarioPlan['ledgers'][number]>(looking);

const expectedAlert = object<AlertExpectation>({
  name: text,
  labels: optional(labels),
  of: oneOf('first', 'second', 'any'),
  withinMs: number,
});

const expectedLog = object<LogExpectation>({ name: text, nodes: listOf(text), pattern: text, withinMs: number });

export const plan = object<ScenarioPlan>({
  id: text,
  secondOf: optional(text),
  slug: text,
  title: text,
  purpose: text,
  stack: text,
  component: optional(text),
  needs: listOf(text),
  nodes: listOf(node),
  maxDown: number,
  action,
  runbook: object<RunbookRef>({ path: text, headings }),
  recoversAfter: oneOf('fault', 'undo'),
  steadyMs: number,
  outageMs: number,
  observeDeadlineMs: number,
  verifyMs: number,
  healDeadlineMs: number,
  undoDeadlineMs: number,
  alerts: listOf(expectedAlert),
  logs: listOf(expectedLog),
  gates: listOf(gateSpec),
  probes: listOf(probe),
  ledgers: listOf(ledger),
  notProven: listOf(text),
});

export const runbook = object<RunbookSeen>({
  scenario: text,
  path: text,
  sha256: nullable(text),
  headings: listOf(text),
});

export const notDrilled = object<SessionStarted['notDrilled'][number]>({
  id: text,
  title: text,
  reason: text,
  limits: flag,
});

export const template = object<SessionStarted['template']>({ source: text, sha256: text, text });

export const reach = object<SessionStarted['reach']>({
  lockPath: text,
  platforms: mapOf(anyObject),
  namespace: optional(text),
  folder: optional(text),
});
