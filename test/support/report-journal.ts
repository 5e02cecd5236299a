import type { ScenarioPlan } from '../../src/core/scenario.ts';
import { isoUtc } from '../../src/core/time.ts';
import { encode, envelop, GENESIS } from '../../src/journal/codec.ts';
import type { GamedayEvent, JournalRecord, SessionStarted } from '../../src/journal/events.ts';

/** 2026-11-20T09:30:00Z, where the monotonic clock says 1,000,000 ms. */
const WALL = 1_795_167_000_000;
const BOOT = 1_000_000;

/** Makes records at chosen seconds of one session; the hash chain is right. */
export class ReportJournal {
  readonly records: JournalRecord[] = [];
  private prev = GENESIS;

  /** `seconds` since the session began. */
  add(seconds: number, event: GamedayEvent): this {
    const t = ms(seconds);
    const record = envelop(event, this.records.length, isoUtc(WALL + t - BOOT), t, this.prev);
    this.prev = encode(record).hash;
    this.records.push(record);
    return this;
  }
}

/** Seconds of the session as CLOCK_MONOTONIC ms. */
export function ms(seconds: number): number {
  return BOOT + seconds * 1_000;
}

export function planA(changes: Partial<ScenarioPlan> = {}): ScenarioPlan {
  return {
    id: 'A',
    slug: 'postgres-failover',
    title: 'Postgres failover',
    purpose: 'When the primary dies, writes are acknowledged again within 60 s and nothing acknowledged is lost.',
    stack: 'postgres',
    needs: [],
    nodes: [node('pg-1'), node('pg-2')],
    maxDown: 1,
    action: 'stop',
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
    recoversAfter: 'fault',
    steadyMs: 10_000,
    outageMs: 15_000,
    observeDeadlineMs: 90_000,
    verifyMs: 5_000,
    healDeadlineMs: 120_000,
    undoDeadlineMs: 60_000,
    alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 60_000 }],
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
  };
}

function node(name: string): ScenarioPlan['nodes'][number] {
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

/** One drill from start to seal: pg-1 is stopped at 20 s, writes are back after 4.6 s, everything is restored. */
export function drillA(started: SessionStarted = sessionStarted()): ReportJournal {
  const journal = new ReportJournal();
  const scenario = 'A';
  const fault = { scenario, fault: 'A1' } as const;
  const phase = (
    seconds: number,
    name: 'steady' | 'inject' | 'observe' | 'restore' | 'verify',
    end: number,
    detail: string,
  ) => {
    phases.push(
      [seconds, { type: 'phase.started', scenario, phase: name }],
      [end, { type: 'phase.ended', scenario, phase: name, ok: true, detail }],
    );
  };
  const phases: [number, GamedayEvent][] = [];
  phase(1, 'steady', 19.9, 'one primary, one secondary, writes acknowledged for 10s');
  phase(19.9, 'inject', 20.6, 'pg-1 is gone');
  phase(20.6, 'observe', 36, 'recovered, and the outage lasted 15s');
  phase(36, 'restore', 38, 'pg-1 is up');
  phase(38, 'verify', 46, 'one primary, one secondary for 5s');
  const events: [number, GamedayEvent][] = [
    [0, { type: 'writer.started', origin: 'run', version: '0.1.0', pid: 4711, host: 'drill-host', bootId: 'boot-1' }],
    [0, started],
    [
      0.4,
      {
        type: 'check',
        scenario,
        check: {
          name: 'attainability',
          status: 'warning',
          detail: 'a failover takes 50.5s to 58s with these settings',
          hint: 'lower node_considered_unhealthy_timeout',
        },
      },
    ],
    [1, { type: 'scenario.started', scenario }],
    ...phases,
    [
      1.2,
      {
        type: 'observation',
        scenario,
        probe: 'monitor',
        key: 'pg-1',
        to: 'primary',
        notBefore: ms(1.1),
        notAfter: ms(1.2),
      },
    ],
    [
      1.2,
      {
        type: 'observation',
        scenario,
        probe: 'monitor',
        key: 'pg-2',
        to: 'secondary',
        notBefore: ms(1.1),
        notAfter: ms(1.2),
      },
    ],
    [2, { type: 'alert.baseline', scenario, active: [], rules: ['PostgresNodeDown', 'RedisNodeDown'] }],
    [19, { type: 'waiting', scenario, phase: 'steady', ok: true, detail: 'held for 9s of 10s' }],
    [
      19.95,
      {
        type: 'undo.armed',
        ...fault,
        undo: {
          platform: 'lab',
          node: node('pg-1'),
          action: 'start',
          deadlineMs: 60_000,
          verify: 'up',
          byHand: 'gameday lab start pg-1',
        },
      },
    ],
    [20, { type: 'fault.requested', ...fault, node: node('pg-1'), action: 'stop', deadlineMs: 10_000 }],
    [20.01, { type: 'fault.command', ...fault, command: { pid: 5000, startTime: '123' } }],
    [20.04, { type: 'fault.settled', ...fault, outcome: 'applied', detail: '9 processes killed' }],
    [
      20.3,
      {
        type: 'fault.proven',
        ...fault,
        node: 'pg-1',
        platform: 'no process left',
        independent: 'connection to 127.0.0.1:5433 refused',
      },
    ],
    [
      21,
      {
        type: 'samples',
        scenario,
        probe: 'api',
        items: [
          [ms(20.2), ms(20.2), ms(20.21), 'degraded', 'database unavailable'],
          [ms(20.4), ms(20.4), ms(20.41), 'http5xx', '503'],
          [ms(20.6), ms(20.6), ms(20.61), 'http5xx', '503'],
          [ms(20.8), ms(20.8), ms(20.81), 'ok'],
        ],
      },
    ],
    [
      21,
      {
        type: 'ledger.entries',
        scenario,
        ledger: 'writes',
        items: [
          [1, ms(19.9), ms(19.91), 'acked', 'pg-1'],
          [2, ms(20.02), ms(20.03), 'indeterminate', 'connection ended'],
          [3, ms(20.07), ms(20.08), 'rejected', 'read-only'],
        ],
      },
    ],
    [
      22.1,
      {
        type: 'log.matched',
        scenario,
        expectation: 'database-unavailable',
        node: 'api-1',
        count: 1,
        line: '{"level":"error","component":"database","msg":"database (postgres) unavailable: connect ECONNREFUSED"}',
      },
    ],
    [
      23,
      {
        type: 'waiting',
        scenario,
        phase: 'observe',
        ok: false,
        detail: 'writes are refused for 3s, pg-2 is secondary',
      },
    ],
    [
      24.4,
      {
        type: 'observation',
        scenario,
        probe: 'monitor',
        key: 'pg-2',
        from: 'secondary',
        to: 'wait_primary',
        notBefore: ms(24.1),
        notAfter: ms(24.4),
      },
    ],
    [
      24.45,
      {
        type: 'observation',
        scenario,
        probe: 'monitor',
        key: 'pg-1',
        from: 'primary',
        to: 'demoted',
        notBefore: ms(24.1),
        notAfter: ms(24.45),
      },
    ],
    [
      25,
      {
        type: 'ledger.entries',
        scenario,
        ledger: 'writes',
        items: [
          [4, ms(24.58), ms(24.61), 'acked', 'pg-2'],
          [5, ms(24.63), ms(24.64), 'acked', 'pg-2'],
        ],
      },
    ],
    [25.1, { type: 'recovered', scenario, detail: 'pg-2 is wait_primary and writes are acknowledged' }],
    [
      26,
      {
        type: 'alert.changed',
        scenario,
        name: 'PostgresNodeDown',
        labels: { alertname: 'PostgresNodeDown', node: 'pg-1' },
        where: 'alertmanager',
        from: 'inactive',
        to: 'firing',
        notBefore: ms(25),
        notAfter: ms(26),
      },
    ],
    [
      27,
      {
        type: 'probe.missed',
        scenario,
        probe: 'api',
        count: 2,
        firstScheduledAt: ms(26.4),
        lastScheduledAt: ms(26.6),
        reason: 'late',
      },
    ],
    [36, { type: 'undo.requested', ...fault, node: 'pg-1', attempt: 1 }],
    [
      38,
      {
        type: 'undo.settled',
        ...fault,
        node: 'pg-1',
        outcome: 'restored',
        verifiedBy: 'up at 37.0s and still up at 38.0s',
        detail: '',
        byHand: 'gameday lab start pg-1',
      },
    ],
    [
      39,
      {
        type: 'observation',
        scenario,
        probe: 'monitor',
        key: 'pg-1',
        from: 'demoted',
        to: 'secondary',
        notBefore: ms(38.7),
        notAfter: ms(39),
      },
    ],
    [
      40,
      {
        type: 'alert.changed',
        scenario,
        name: 'PostgresNodeDown',
        labels: { alertname: 'PostgresNodeDown', node: 'pg-1' },
        where: 'alertmanager',
        from: 'firing',
        to: 'inactive',
        notBefore: ms(39),
        notAfter: ms(40),
      },
    ],
    [
      44,
      {
        type: 'ledger.audited',
        scenario,
        ledger: 'writes',
        audits: [
          {
            replica: 'pg-2',
            acked: 812,
            lost: 0,
            recovered: 1,
            unexpected: 0,
            duplicated: 0,
            corrupted: 0,
            stale: 0,
            lostIds: [],
          },
        ],
      },
    ],
    [45, { type: 'note', scenario, text: 'the team watched the monitor, not the API' }],
    [45.5, { type: 'gap', scenario, kind: 'alert-missing', text: 'no alert says that the standby became primary' }],
    [46, { type: 'scenario.ended', scenario, outcome: 'completed', reason: '' }],
    [46.5, { type: 'note', scenario: null, text: 'end of the drills' }],
    [47, { type: 'session.ended', verdict: 'PASS', exit: 0, detail: '1 of 1 drills passed' }],
    [47.1, { type: 'session.sealed', head: 'c'.repeat(64) }],
  ];
  for (const [seconds, event] of events.sort(([a], [b]) => a - b)) journal.add(seconds, event);
  return journal;
}
