import { mkdir } from 'node:fs/promises';
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
const alertmanager = program('prometheus-alertmanager', 'alertmanager');
const missing = Object.entries({ haproxy, prometheus, alertmanager })
  .filter(([, path]) => path === undefined)
  .map(([name]) => name);

let room: ServerRoom;

/** Prometheus and Alertmanager on these ports, with files of their own under `name`. */
async function startMonitoring(
  name: string,
  config: { readonly prometheus: string; readonly alertmanager: string },
  ports: { readonly prometheus: number; readonly alertmanager: number },
): Promise<void> {
  await mkdir(join(room.folder, name));
  room.start(prometheus ?? '', [
    `--config.file=${await room.file(`${name}.yml`, config.prometheus)}`,
    `--storage.tsdb.path=${join(room.folder, name)}`,
    `--web.listen-address=127.0.0.1:${ports.prometheus}`,
  ]);
  room.start(alertmanager ?? '', [
    `--config.file=${await room.file(`${name}-alertmanager.yml`, config.alertmanager)}`,
    `--storage.path=${join(room.folder, `${name}-alertmanager`)}`,
    '--cluster.listen-address=',
    `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
  ]);
}

if (missing.length > 0) console.warn(`test/lab/alerts.test.ts is skipped: not installed: ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('alerts of real servers', () => {
  beforeAll(async () => {
    room = await ServerRoom.open();
  });
  afterAll(() => room?.close());

  it('a dead backend fires in Alertmanager with its name, and resolves when it is back', async () => {
    const ports = await freePorts(7);
    const at = (index: number): number => ports[index] ?? 0;
    const backends = [await backend(at(0)), await backend(at(1))];
    const config = haproxyConfig({
      frontPort: at(2),
      statsPort: at(3),
      metricsPort: at(4),
      servers: ['api-1', 'api-2'].map((name, index) => ({ name, host: '127.0.0.1', port: at(index) })),
      tuned: true,
    });
    room.start(haproxy ?? '', ['-f', await room.file('live.cfg', config), '-db']);
    const monitoring = prometheusConfig({
      scrapes: [{ job: 'haproxy', node: 'haproxy', target: `127.0.0.1:${at(4)}` }],
      rulesFile: await room.file('live-rules.yml', alertRules({ tuned: true })),
      alertmanager: `127.0.0.1:${at(6)}`,
    });
    await startMonitoring(
      'live',
      { prometheus: monitoring, alertmanager: alertmanagerConfig() },
      { prometheus: at(5), alertmanager: at(6) },
    );
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
      // Its own figures move, and what it tells of the service is a copy.
      await backend(at(0), () => `requests_total 7\nprocess_cpu_seconds_total ${++served}\n`),
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
      rulesFile: await room.file('held-rules.yml', alertRules({ tuned: true })),
      alertmanager: `127.0.0.1:${at(4)}`,
    });
    const inhibited = `${alertmanagerConfig()}inhibit_rules:
  - source_matchers: [node="minio-1"]
    target_matchers: [node="minio-2"]
    equal: [alertname]
`;
    await startMonitoring(
      'held',
      { prometheus: config, alertmanager: inhibited },
      { prometheus: at(3), alertmanager: at(4) },
    );
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
