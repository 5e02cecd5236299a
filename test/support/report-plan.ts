import type { ScenarioPlan } from '../../src/core/scenario.ts';
import type { SessionStarted } from '../../src/journal/events.ts';
import { planOf } from './journal-builder.ts';

/** What the monotonic clock says when the session begins, in ms. */
export const BOOT = 1_000_000;

/** Seconds of the session as CLOCK_MONOTONIC ms. */
export function ms(seconds: number): number {
  return BOOT + seconds * 1_000;
}

export function planA(changes: Partial<ScenarioPlan> = {}): ScenarioPlan {
  return planOf({
    slug: 'postgres-failover',
    title: 'Postgres failover',
    purpose: 'When the primary dies, writes are acknowledged again within 60 s and nothing acknowledged is lost.',
    nodes: [node('pg-1'), node('pg-2')],
    runbook: {
      path: 'a-postgres-failover.md',
      headings: {
        detect: 'Detection',
        fault: 'Symptoms',
        diagnose: 'Diagnosis',
        mitigate: 'Mitigation',
        recover: 'Recovery',
        verify: 'Verification',
      },
    },
    logs: [{ name: 'database-unavailable', nodes: ['api-1'], pattern: 'database .* unavailable', withinMs: 10_000 }],
    gates: [
      { id: 'rto', kind: 'rto', title: 'writes are acknowledged again within 60s', params: {} },
      { id: 'data', kind: 'data', title: 'no acknowledged write is lost', params: {} },
      { id: 'rejoin', kind: 'agreement', title: 'the stopped node is a secondary again', params: {} },
    ],
    probes: [
      { name: 'api', target: 'GET http://127.0.0.1:8080/api/v1/health', intervalMs: 200, timeoutMs: 2_000, user: true },
      { name: 'monitor', target: 'pg_auto_failover monitor', intervalMs: 250, timeoutMs: 2_000, user: false },
    ],
    ledgers: [{ name: 'writes', target: 'INSERT', intervalMs: 50, timeoutMs: 1_000, user: false }],
    notProven: ['A network partition: the node was stopped, not cut off.'],
    ...changes,
  });
}

/** A node of the lab, known by its name. */
export function node(name: string): ScenarioPlan['nodes'][number] {
  return { name, platform: 'lab', labels: { node: name } };
}

const HEADINGS = [
  'Symptoms',
  'Detection',
  'Impact',
  'Diagnosis',
  'Mitigation',
  'Recovery',
  'Verification',
  'Escalation',
];

export function sessionStarted(changes: Partial<SessionStarted> = {}): SessionStarted {
  return {
    type: 'session.started',
    session: '2026-11-20T09-30-00Z-lab',
    environment: 'lab',
    kind: 'lab',
    profile: 'standard',
    config: {},
    template: { source: 'built in', sha256: 'a'.repeat(64), text: '' },
    runbooks: [{ scenario: 'A', path: 'a-postgres-failover.md', sha256: 'b'.repeat(64), headings: HEADINGS }],
    versions: { gameday: '0.1.0', node: 'v20.20.0', postgres: '15.8' },
    scenarios: [planA()],
    notDrilled: [{ id: 'C', title: 'MinIO two-node kill', reason: 'there is no minio binary', limits: true }],
    sessionGates: [{ id: 'alerts', kind: 'alerts', title: 'every expected alert fires within 60s', params: {} }],
    reach: { lockPath: '/srv/state/gameday/locks/lab', platforms: { lab: { folder: '/srv/.gameday' } } },
    alertSource: 'Prometheus http://127.0.0.1:9090 and Alertmanager http://127.0.0.1:9093',
    ...changes,
  };
}
