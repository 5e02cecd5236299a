import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haproxyConfig } from '../../src/lab/haproxy.ts';
import { alertmanagerConfig, alertRules, prometheusConfig } from '../../src/lab/prometheus.ts';
import { prometheusSource } from '../../src/probes/prometheus.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { freePorts, program, ServerRoom, until } from '../support/real-servers.ts';

const haproxy = program('haproxy');
const prometheus = program('prometheus');
const promtool = program('promtool');
const amtool = program('amtool');
const alertmanager = program('prometheus-alertmanager', 'alertmanager');
const missing = Object.entries({ haproxy, prometheus, promtool, amtool, alertmanager })
  .filter(([, path]) => path === undefined)
  .map(([name]) => name);

let room: ServerRoom;

async function file(name: string, content: string): Promise<string> {
  const path = join(room.folder, name);
  await writeFile(path, content);
  return path;
}

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
  const rules = await file('rules.yml', plain);
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
  check(promtool, 'test', 'rules', await file('rules-test.yml', JSON.stringify(test)));
}

const up = (job: string, node: string, value: 0 | 1): Series => ({
  series: `up{job="${job}", node="${node}", instance="x"}`,
  values: `${value}x60`,
});

if (missing.length > 0) console.warn(`test/lab/alerts.test.ts is skipped: not installed: ${missing.join(', ')}`);

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
    check(haproxy, '-c', '-q', '-f', await file('haproxy.cfg', text));
  });

  it.each([true, false])('Prometheus and Alertmanager take theirs (tuned: %s)', async (tuned) => {
    const rulesFile = await file("it's rules.yml", alertRules({ tuned }));
    const scrapes = [
      { job: 'postgres', node: 'pg-1', target: '127.0.0.1:18001' },
      { job: 'minio', node: 'minio-1', target: '127.0.0.1:18002' },
      { job: 'minio', node: 'minio-2', target: '127.0.0.1:18003' },
    ] as const;
    const text = prometheusConfig({ scrapes, rulesFile, alertmanager: '127.0.0.1:18004' });
    expect(check(promtool, 'check', 'config', await file('prometheus.yml', text))).toContain('6 rules found');
    check(amtool, 'check-config', await file('alertmanager.yml', alertmanagerConfig()));
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

  it('a dead backend fires in Alertmanager with its name, and resolves when it is back', async () => {
    const ports = await freePorts(7);
    const at = (index: number): number => ports[index] ?? 0;
    const backends = [await backend(at(0)), await backend(at(1))];
    const config = haproxyConfig({
      frontPort: at(2),
      statsPort: at(3),
      metricsPort: at(4),
      servers: servers.map(({ name, host }, index) => ({ name, host, port: at(index) })),
      tuned: true,
    });
    room.start(haproxy ?? '', ['-f', await file('live.cfg', config), '-db']);
    const monitoring = prometheusConfig({
      scrapes: [{ job: 'haproxy', node: 'haproxy', target: `127.0.0.1:${at(4)}` }],
      rulesFile: await file('live-rules.yml', alertRules({ tuned: true })),
      alertmanager: `127.0.0.1:${at(6)}`,
    });
    await mkdir(join(room.folder, 'data'));
    const listen = `--web.listen-address=127.0.0.1:`;
    room.start(prometheus ?? '', [
      `--config.file=${await file('live.yml', monitoring)}`,
      `--storage.tsdb.path=${join(room.folder, 'data')}`,
      `${listen}${at(5)}`,
    ]);
    room.start(alertmanager ?? '', [
      `--config.file=${await file('live-alertmanager.yml', alertmanagerConfig())}`,
      `--storage.path=${join(room.folder, 'alertmanager')}`,
      '--cluster.listen-address=',
      `${listen}${at(6)}`,
    ]);
    const active = async (): Promise<Record<string, string>[]> => {
      const response = await fetch(`http://127.0.0.1:${at(6)}/api/v2/alerts?active=true`, {
        signal: AbortSignal.timeout(5000),
      });
      return ((await response.json()) as { labels: Record<string, string> }[]).map((alert) => alert.labels);
    };
    await until('the first scrape', async () => {
      const query = encodeURIComponent('haproxy_server_status{server="api-1", state="UP"} == 1');
      const response = await fetch(`http://127.0.0.1:${at(5)}/api/v1/query?query=${query}`, {
        signal: AbortSignal.timeout(5000),
      });
      return ((await response.json()) as { data: { result: unknown[] } }).data.result.length > 0 || undefined;
    });
    await until('nothing firing', async () => (await active()).length === 0 || undefined);
    backends[0]?.closeAllConnections();
    backends[0]?.close();
    const [alert] = await until('the alert', async () => ((await active()).length > 0 ? active() : undefined));
    expect(alert).toMatchObject({ alertname: 'HaproxyBackendDown', node: 'api-1', severity: 'critical' });
    backends[0] = await backend(at(0));
    await until('resolved', async () => (await active()).length === 0 || undefined);
    for (const one of backends) {
      one.closeAllConnections();
      one.close();
    }
  });

  it('sees what is silenced, inhibited, not scraped, and what stands still', async () => {
    const ports = await freePorts(6);
    const at = (index: number): number => ports[index] ?? 0;
    let served = 0;
    const exporters = [
      await backend(at(0), () => 'requests_total 7\n'),
      await backend(at(1), () => `requests_total ${++served}\n`),
    ];
    const config = prometheusConfig({
      scrapes: [
        { job: 'api', node: 'still', target: `127.0.0.1:${at(0)}` },
        { job: 'api', node: 'live', target: `127.0.0.1:${at(1)}` },
        // Nobody listens here.
        { job: 'minio', node: 'minio-1', target: `127.0.0.1:${at(2)}` },
        { job: 'minio', node: 'minio-2', target: `127.0.0.1:${at(5)}` },
      ],
      rulesFile: await file('held-rules.yml', alertRules({ tuned: true })),
      alertmanager: `127.0.0.1:${at(4)}`,
    });
    const inhibited = `${alertmanagerConfig()}inhibit_rules:
  - source_matchers: [node="minio-1"]
    target_matchers: [node="minio-2"]
    equal: [alertname]
`;
    await mkdir(join(room.folder, 'held'));
    room.start(prometheus ?? '', [
      `--config.file=${await file('held.yml', config)}`,
      `--storage.tsdb.path=${join(room.folder, 'held')}`,
      `--web.listen-address=127.0.0.1:${at(3)}`,
    ]);
    room.start(alertmanager ?? '', [
      `--config.file=${await file('held-alertmanager.yml', inhibited)}`,
      `--storage.path=${join(room.folder, 'held-alertmanager')}`,
      '--cluster.listen-address=',
      `--web.listen-address=127.0.0.1:${at(4)}`,
    ]);
    const alertmanagerUrl = `http://127.0.0.1:${at(4)}`;
    const source = prometheusSource(createWorld(), {
      prometheusUrl: `http://127.0.0.1:${at(3)}`,
      alertmanagerUrl,
      jobs: ['api'],
    });
    const signal = AbortSignal.timeout(170_000);
    const held = async (node: string, state: string) => {
      const { alerts } = await source.poll(signal);
      return alerts.find(
        (alert) => alert.where === 'alertmanager' && alert.labels.node === node && alert.state === state,
      );
    };

    const first = await until('minio-1 in Alertmanager', () => held('minio-1', 'firing'));
    expect(first).toMatchObject({ name: 'MinioNodeDown', receivers: ['none'], receivedAt: expect.any(String) });
    const second = await until('minio-2 inhibited', () => held('minio-2', 'suppressed'));
    expect(second.suppressedBy).toEqual({ silences: [], alerts: ['MinioNodeDown'] });

    const silence = {
      matchers: [{ name: 'node', value: 'minio-1', isRegex: false, isEqual: true }],
      startsAt: '2020-01-01T00:00:00Z',
      endsAt: '2100-01-01T00:00:00Z',
      createdBy: 'test',
      comment: 'test',
    };
    const created = await fetch(`${alertmanagerUrl}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(silence),
      signal: AbortSignal.timeout(5000),
    });
    const { silenceID } = (await created.json()) as { silenceID: string };
    const quiet = await until('minio-1 silenced', () => held('minio-1', 'suppressed'));
    expect(quiet.suppressedBy).toEqual({ silences: [silenceID], alerts: [] });
    await fetch(`${alertmanagerUrl}/api/v2/silence/${silenceID}`, {
      method: 'DELETE',
      signal: AbortSignal.timeout(5000),
    });
    await until('minio-1 heard again', () => held('minio-1', 'firing'));

    const survey = await source.survey?.({ rules: ['MinioNodeDown'], nodes: [{ node: 'minio-1' }] }, signal);
    expect(survey).toMatchObject({
      rules: [{ name: 'MinioNodeDown', forMs: 5_000, intervalMs: 1_000 }],
      inputs: [{ rule: 'MinioNodeDown', selector: 'up{job="minio"}', series: 2 }],
      groupWaits: [{ receiver: 'none', waitMs: 0 }],
      problems: [],
    });
    const targets = survey?.targets ?? [];
    expect(targets.map(({ job }) => job).sort()).toEqual(['api', 'api', 'minio']);
    const states = await until(
      'one stands still',
      async () => {
        const seen = await source.scrapes?.(targets, signal);
        const told = Object.fromEntries((seen?.targets ?? []).map(({ labels, state }) => [labels.node, state]));
        return told.still === 'frozen' && told.live === 'up' ? told : undefined;
      },
      120_000,
    );
    expect(states).toEqual({ still: 'frozen', live: 'up', 'minio-1': 'down' });
    for (const one of exporters) {
      one.closeAllConnections();
      one.close();
    }
  });
});

async function backend(port: number, say: () => string = () => 'ok'): Promise<HttpServer> {
  const server = createServer((_request, response) => response.end(say()));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
