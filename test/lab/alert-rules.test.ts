import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haproxyConfig } from '../../src/lab/haproxy.ts';
import { alertmanagerConfig, alertRules, prometheusConfig } from '../../src/lab/prometheus.ts';
import { program, ServerRoom } from '../support/real-servers.ts';

const haproxy = program('haproxy');
const prometheus = program('prometheus');
const promtool = program('promtool');
const amtool = program('amtool');
const alertmanager = program('prometheus-alertmanager', 'alertmanager');
const missing = Object.entries({ haproxy, prometheus, promtool, amtool, alertmanager })
  .filter(([, path]) => path === undefined)
  .map(([name]) => name);

let room: ServerRoom;

/** Runs a checker; its output is in the error when it says no. */
function check(tool: string | undefined, ...args: string[]): string {
  return execFileSync(tool ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Series {
  readonly series: string;
  readonly values: string;
}

/** Lets promtool compare which alerts of one name fire after 30 s over these series; one too many is an error too. */
async function firing(
  alert: string,
  series: readonly Series[],
  expected: readonly Record<string, string>[],
): Promise<void> {
  // promtool compares annotations too; here only the labels matter.
  const plain = alertRules({ tuned: true }).replace(/ {8}annotations:\n(?: {10}.*\n)+/g, '');
  const rules = await room.file('rules.yml', plain);
  const test = {
    rule_files: [rules],
    evaluation_interval: '1s',
    tests: [
      {
        interval: '1s',
        input_series: series,
        alert_rule_test: [
          { eval_time: '30s', alertname: alert, exp_alerts: expected.map((one) => ({ exp_labels: one })) },
        ],
      },
    ],
  };
  check(promtool, 'test', 'rules', await room.file('rules-test.yml', JSON.stringify(test)));
}

const up = (job: string, node: string, value: 0 | 1): Series => ({
  series: `up{job="${job}", node="${node}", instance="x"}`,
  values: `${value}x60`,
});

if (missing.length > 0) console.warn(`test/lab/alert-rules.test.ts is skipped: not installed: ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('configuration of HAProxy, Prometheus and Alertmanager', () => {
  beforeAll(async () => {
    room = await ServerRoom.open();
  });
  afterAll(() => room?.close());

  const servers = [
    { name: 'api-1', host: '127.0.0.1', port: 18_001 },
    { name: 'api-2', host: '127.0.0.1', port: 18_002 },
  ];

  it.each([{ tuned: true }, { tuned: false }])('HAProxy takes %o', async (variant) => {
    const text = haproxyConfig({ frontPort: 18_003, statsPort: 18_004, metricsPort: 18_005, servers, ...variant });
    check(haproxy, '-c', '-q', '-f', await room.file('haproxy.cfg', text));
  });

  it.each([true, false])('Prometheus and Alertmanager take theirs (tuned: %s)', async (tuned) => {
    const rulesFile = await room.file("it's rules.yml", alertRules({ tuned }));
    const scrapes = [
      { job: 'postgres', node: 'pg-1', target: '127.0.0.1:18001' },
      { job: 'minio', node: 'minio-1', target: '127.0.0.1:18002' },
      { job: 'minio', node: 'minio-2', target: '127.0.0.1:18003' },
    ] as const;
    const text = prometheusConfig({ scrapes, rulesFile, alertmanager: '127.0.0.1:18004' });
    expect(check(promtool, 'check', 'config', await room.file('prometheus.yml', text))).toContain('6 rules found');
    check(amtool, 'check-config', await room.file('alertmanager.yml', alertmanagerConfig()));
  });

  const postgresAlert = { alertname: 'PostgresNodeDown', severity: 'critical', job: 'postgres', instance: 'x' };
  const pgUp = (node: string, values: string): Series => ({
    series: `pg_up{job="postgres", node="${node}", instance="x"}`,
    values,
  });

  it('PostgresNodeDown: names the node that is down and no other', async () => {
    const series = [
      up('postgres', 'pg-1', 1),
      up('postgres', 'pg-2', 1),
      pgUp('pg-1', '1x5 0x60'),
      pgUp('pg-2', '1x60'),
    ];
    await firing('PostgresNodeDown', series, [{ ...postgresAlert, node: 'pg-1' }]);
  });

  it('PostgresNodeDown: a dead exporter, or one that never says a word, is no all-clear', async () => {
    const series = [up('postgres', 'pg-1', 0), pgUp('pg-1', '1x5 stale'), up('postgres', 'pg-2', 1)];
    await firing('PostgresNodeDown', series, [
      { ...postgresAlert, node: 'pg-1' },
      { ...postgresAlert, node: 'pg-2' },
    ]);
  });

  it('RedisNodeDown: the same', async () => {
    const redisUp = (node: string, value: 0 | 1): Series => ({
      series: `redis_up{job="redis", node="${node}", instance="x"}`,
      values: `${value}x60`,
    });
    const series = [
      up('redis', 'redis-1', 1),
      redisUp('redis-1', 0),
      up('redis', 'redis-2', 0),
      up('redis', 'redis-3', 1),
    ];
    const alert = { alertname: 'RedisNodeDown', severity: 'critical', job: 'redis', instance: 'x' };
    await firing(
      'RedisNodeDown',
      [...series, redisUp('redis-3', 1)],
      [
        { ...alert, node: 'redis-1' },
        { ...alert, node: 'redis-2' },
      ],
    );
  });

  it.each([
    ['MinioNodeDown', 'minio'],
    ['RabbitmqDown', 'rabbitmq'],
  ])('%s: when the node is not to be scraped', async (alertname, job) => {
    const alert = { alertname, severity: 'critical', job, instance: 'x' };
    await firing(alertname, [up(job, 'one', 0), up(job, 'two', 1)], [{ ...alert, node: 'one' }]);
  });

  it('HaproxyBackendDown: names the server, or the balancer when it says nothing', async () => {
    const state = (server: string, name: string, value: 0 | 1): Series => ({
      series: `haproxy_server_status{job="haproxy", node="haproxy", instance="x", proxy="api", server="${server}", state="${name}"}`,
      values: `${value}x60`,
    });
    const seen = [
      state('api-1', 'UP', 0),
      state('api-1', 'DOWN', 1),
      state('api-2', 'UP', 1),
      state('api-2', 'DOWN', 0),
    ];
    const alert = { alertname: 'HaproxyBackendDown', severity: 'critical', job: 'haproxy', instance: 'x' };
    const named = { ...alert, proxy: 'api', server: 'api-1', state: 'UP', node: 'api-1' };
    await firing('HaproxyBackendDown', [up('haproxy', 'haproxy', 1), ...seen], [named]);
    await firing('HaproxyBackendDown', [up('haproxy', 'haproxy', 0)], [{ ...alert, node: 'haproxy' }]);
  });

  it('ApiComponentDegraded: names the instance and the component', async () => {
    const component = (name: string, metric: string, value: 0 | 1): Series => ({
      series: `${metric}{job="api", node="api-1", instance="x", component="${name}"}`,
      values: `${value}x60`,
    });
    const series = [
      component('cache', 'component_up', 0),
      component('cache', 'component_degraded', 0),
      component('objects', 'component_up', 1),
      component('objects', 'component_degraded', 1),
      component('database', 'component_up', 1),
      component('database', 'component_degraded', 0),
    ];
    const alert = { alertname: 'ApiComponentDegraded', severity: 'warning', job: 'api', instance: 'x', node: 'api-1' };
    await firing('ApiComponentDegraded', series, [
      { ...alert, component: 'cache' },
      { ...alert, component: 'objects' },
    ]);
  });
});
