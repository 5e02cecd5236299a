import type { GamedayEvent } from '../../src/journal/events.ts';
import { ms } from './report-plan.ts';

const scenario = 'A';

/** What was seen in the drill of `drillA`, with the seconds at which it was written down. */
export const SEEN_IN_A: readonly (readonly [number, GamedayEvent])[] = [
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
];
