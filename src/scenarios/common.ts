import type { z } from 'zod';
import type { GateSpec } from '../core/gate.ts';
import type { Ledger } from '../core/ledger.ts';
import type { FaultAction, NodeRef } from '../core/node.ts';
import type { Probe, Reading } from '../core/probe.ts';
import type { AlertExpectation, LogExpectation, RunbookRef, ScenarioPlan } from '../core/scenario.ts';
import { judgeApiHealth } from '../probes/api-health.ts';
import { judgeExpectation } from '../probes/expectation.ts';
import { httpProbe } from '../probes/http.ts';
import { healed } from '../verdict/gates/healed.ts';
import { restored } from '../verdict/gates/restored.ts';
import type { HttpResponse, World } from '../world/world.ts';
import { maxDownOf } from './max-down.ts';
import type { ScenarioDeps, ScenarioFactory } from './scenario.ts';
import type { apiSettings, commonSettings, node } from './settings.ts';

/** What every scenario's settings hold, as the schema gives them. */
export type CommonSettings = z.output<z.ZodObject<typeof commonSettings>>;
export type ApiSettings = z.output<typeof apiSettings>;
export type NodeSettings = z.output<typeof node>;

/** Fault to alert in Alertmanager, unless set. */
const ALERT_WITHIN_MS = 60_000;
/** Fault to log line, unless set. */
export const LOG_WITHIN_MS = 10_000;

/** The `NodeRef` of a node's settings: whatever else the scenario asks for (host, port, url) stays out of the journal's events. */
export function nodeRef(settings: NodeSettings): NodeRef {
  return { name: settings.name, platform: settings.platform, labels: settings.labels };
}

/** What an answer means: by what the file expects, or as a health body. What it says of components counts either way. */
export function judgeBy(expect: ApiSettings['expect']): (response: HttpResponse) => Reading {
  return (response) => {
    const health = judgeApiHealth(response);
    return expect === undefined ? health : { ...judgeExpectation(response, expect), facts: health.facts };
  };
}

/** The API that users use, as every scenario watches it. Facts: `status` and one a component (`database: healthy`). */
export function apiProbe(
  world: Pick<World, 'http'>,
  settings: ApiSettings,
  defaults: { readonly intervalMs?: number } = {},
): Probe {
  const probe = httpProbe(world, {
    name: 'api',
    url: `${settings.url.replace(/\/+$/, '')}${settings.path ?? '/api/v1/health'}`,
    intervalMs: settings.interval ?? defaults.intervalMs ?? 250,
    timeoutMs: settings.timeout ?? 2_000,
    connection: settings.connection,
    user: true,
    judge: judgeBy(settings.expect),
  });
  return { ...probe, health: true };
}

export type PlanTimes = Pick<
  ScenarioPlan,
  'steadyMs' | 'outageMs' | 'observeDeadlineMs' | 'verifyMs' | 'healDeadlineMs' | 'undoDeadlineMs'
>;

/**
 * The times of a plan, in ms: the command line goes before the file, the file before the profile. The observe phase may
 * last 1.5 times the largest limit that is waited for in it, and never ends before the outage has lasted.
 */
export function planTimes(
  settings: CommonSettings,
  deps: Pick<ScenarioDeps, 'profile' | 'outageMs'>,
  options: { readonly limitsMs: readonly number[]; readonly longOutage?: boolean },
): PlanTimes {
  const { profile } = deps;
  const outageMs =
    deps.outageMs ?? settings.outage ?? (options.longOutage === true ? profile.longOutageMs : profile.outageMs);
  return {
    steadyMs: settings.steady ?? profile.steadyMs,
    outageMs,
    observeDeadlineMs: Math.max(1.5 * Math.max(0, ...options.limitsMs), outageMs + 10_000),
    verifyMs: settings.verify ?? profile.verifyMs,
    healDeadlineMs: settings.heal?.deadline ?? profile.healDeadlineMs,
    undoDeadlineMs: settings.undo?.deadline ?? profile.undoDeadlineMs,
  };
}

/** The file's alerts, or the scenario's own; an empty list in the file means that none is expected. */
export function alertExpectations(
  settings: CommonSettings,
  defaults: readonly Omit<AlertExpectation, 'withinMs'>[],
  withinMs = ALERT_WITHIN_MS,
): readonly AlertExpectation[] {
  if (settings.alerts === undefined) return defaults.map((alert) => ({ ...alert, withinMs }));
  return settings.alerts.map(({ name, labels, of, within }) => ({
    name,
    ...(labels === undefined ? {} : { labels }),
    of,
    withinMs: within ?? withinMs,
  }));
}

/** A log pattern of a scenario's own; `withinMs` where it comes later than `LOG_WITHIN_MS` by its nature. */
export type LogDefault = Omit<LogExpectation, 'withinMs'> & { readonly withinMs?: number };

/** The file's log patterns, or the scenario's own. */
export function logExpectations(settings: CommonSettings, defaults: readonly LogDefault[]): readonly LogExpectation[] {
  if (settings.logs === undefined) return defaults.map((log) => ({ ...log, withinMs: log.withinMs ?? LOG_WITHIN_MS }));
  return settings.logs.map(({ name, nodes, pattern, within }) => ({
    name,
    nodes,
    pattern,
    withinMs: within ?? LOG_WITHIN_MS,
  }));
}

/** The headings that every runbook of the house has (runbooks/TEMPLATE.md). */
function runbookRef(settings: CommonSettings, path: string): RunbookRef {
  return {
    path: settings.runbook ?? path,
    headings: {
      detect: 'Detection',
      fault: 'Symptoms',
      diagnose: 'Diagnosis',
      mitigate: 'Mitigation',
      recover: 'Recovery',
      verify: 'Verification',
    },
  };
}

/** Gates that no drill goes without. */
function commonGates(): readonly GateSpec[] {
  return [
    restored.spec('restored', 'every node that was stopped is up again, and stays up', {}),
    healed.spec('healed', 'the stack is back in its steady state', {}),
  ];
}

/** What a scenario says about itself; `buildPlan` adds what is the same for all. */
export interface PlanParts {
  /** Its component in the API's health, where it has one. */
  readonly component?: string;
  readonly needs: readonly string[];
  readonly nodes: readonly NodeRef[];
  /** What the stack's redundancy allows; the file may lower it. */
  readonly maxDown: number;
  readonly action?: FaultAction;
  readonly recoversAfter: ScenarioPlan['recoversAfter'];
  readonly probes: readonly Probe[];
  readonly ledgers: readonly Ledger[];
  readonly alerts: readonly Omit<AlertExpectation, 'withinMs'>[];
  readonly logs: readonly LogDefault[];
  /** `commonGates` come after these. */
  readonly gates: readonly GateSpec[];
  /** Limits that the observe phase waits for, in ms; those of alerts are added. */
  readonly limitsMs: readonly number[];
  readonly longOutage?: boolean;
  readonly notProven: readonly string[];
}

/** The plan as it stands in the journal. The runbook is `<id>-<slug>.md`, in lower case, unless set. */
export function buildPlan(
  scenario: Pick<ScenarioFactory, 'id' | 'slug' | 'stack' | 'title' | 'purpose'>,
  settings: CommonSettings,
  deps: Pick<ScenarioDeps, 'profile' | 'outageMs' | 'alertWithinMs'>,
  parts: PlanParts,
): ScenarioPlan {
  const alerts = alertExpectations(settings, parts.alerts, deps.alertWithinMs);
  const logs = logExpectations(settings, parts.logs);
  const limitsMs = [...parts.limitsMs, ...alerts.map((alert) => alert.withinMs), ...logs.map((log) => log.withinMs)];
  return {
    id: scenario.id,
    slug: scenario.slug,
    title: scenario.title,
    purpose: scenario.purpose,
    stack: scenario.stack,
    ...(parts.component === undefined ? {} : { component: parts.component }),
    needs: settings.needs ?? parts.needs,
    nodes: parts.nodes,
    maxDown: maxDownOf(settings, parts.maxDown),
    action: parts.action ?? 'stop',
    runbook: runbookRef(settings, `${scenario.id.toLowerCase()}-${scenario.slug}.md`),
    recoversAfter: parts.recoversAfter,
    ...planTimes(settings, deps, { limitsMs, longOutage: parts.longOutage }),
    alerts,
    logs,
    gates: [...parts.gates, ...commonGates()],
    probes: parts.probes.map(({ name, target, intervalMs, timeoutMs, user, health, writable }) => ({
      name,
      target,
      intervalMs,
      timeoutMs,
      user,
      ...(health === undefined ? {} : { health }),
      ...(writable === undefined ? {} : { writable }),
    })),
    ledgers: parts.ledgers.map(({ name, target, intervalMs, timeoutMs, user }) => ({
      name,
      target,
      intervalMs,
      timeoutMs,
      user,
    })),
    notProven: parts.notProven,
  };
}
