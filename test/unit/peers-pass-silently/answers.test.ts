import { describe, expect, test, vi } from 'vitest';
import type { Probe } from '../../../src/core/probe.ts';
import { amqpProbe, shakeHands } from '../../../src/probes/amqp.ts';
import { judgeApiHealth } from '../../../src/probes/api-health.ts';
import { haproxyStatsProbe } from '../../../src/probes/haproxy-stats.ts';
import { minioHealthProbe, minioIsLive } from '../../../src/probes/minio-health.ts';
import { monitorProbe, parseNodes } from '../../../src/probes/pg-monitor.ts';
import { prometheusSource } from '../../../src/probes/prometheus.ts';
import { redisProbe } from '../../../src/probes/redis.ts';
import { minioDrivesProbe, s3ReadProbe, s3WriteProbe } from '../../../src/probes/s3.ts';
import { s3Client, sha256 } from '../../../src/probes/s3-client.ts';
import { sentinelProbe } from '../../../src/probes/sentinel.ts';
import { StickyCookie, stickyProbe } from '../../../src/probes/sticky.ts';
import { limits, look, netThatSays, signal, times } from '../../support/fuzz-probe.ts';
import { response, type Said, scriptedHttp } from '../../support/scripted-http.ts';
import { SimWorld } from '../../support/sim-world.ts';

// Something answers, and it is not the service. Each of these is a 200, a reply or a handshake: peers take it for "up".

const PAGE: Said = { headers: { 'content-type': 'text/html', server: 'nginx' }, body: '<html>Back soon</html>' };
const STAND_INS: readonly (readonly [string, Said])[] = [
  ['an HTML page with status 200', PAGE],
  ['a captive portal that sends elsewhere', { status: 302, headers: { location: 'http://portal/' } }],
  ['an empty 200', {}],
  ['an empty 204', { status: 204 }],
  ['a JSON service of another kind', { body: '{"status":"ok","version":"1.2"}' }],
  ['a JSON list', { body: '[]' }],
];
const http = (said: Said) => scriptedHttp(() => said);

/** Never ok, and nothing is learned from it. */
async function expectStranger(probe: Probe, unless: readonly string[] = []): Promise<void> {
  const { outcome, facts = {} } = await look(probe);
  expect(outcome).toBe('protocol');
  for (const value of Object.values(facts)) expect([...unless, 'protocol']).toContain(value);
}

describe('a proxy, a parked domain or another service answers instead of the API', () => {
  test.each([
    ...STAND_INS,
    ['a service that is healthy and has no components', { body: '{"status":"healthy"}' } as Said],
    ['a service that calls its one component by a number', { body: '{"status":"healthy","components":{"a":1}}' }],
  ] as readonly (readonly [string, Said])[])('%s', async (_, said) => {
    const { status, body, headers } = await http(said).request({ url: 'http://x/', timeoutMs: 1 });
    expect(judgeApiHealth(response(status, body, headers))).toMatchObject({ outcome: 'protocol' });
    const served = 'fails' in said ? said : { ...said, headers: { ...said.headers, 'x-served-by': 'api-1' } };
    const cookie = new StickyCookie('B');
    await expectStranger(stickyProbe({ http: http(served) }, { name: 's', url: 'http://x/', cookie, ...times }));
  });
});

describe('a proxy or another process answers instead of MinIO', () => {
  const paths = { live: '/live', cluster: '/cluster', clusterRead: '/read' };
  const node = 'http://127.0.0.1:9000';
  const client = (said: Said) => s3Client({ http: http(said) }, { accessKey: 'k', secretKey: 's' });

  test.each(STAND_INS)('%s', async (_, said) => {
    const world = { http: http(said) };
    await expectStranger(minioHealthProbe(world, { name: 'health', node, paths, ...times }));
    expect(await minioIsLive(world, `${node}/live`, 500, signal)).toBe(false);
    const common = { node, client: client(said), bucket: 'b', ...times };
    await expectStranger(s3WriteProbe({ name: 'write', key: 'k', ...common }));
    await expectStranger(minioDrivesProbe({ name: 'drives', ...common }), ['unknown (protocol)']);
    const objects = () => [{ key: 'seed/0', bytes: 5, sha256: sha256('right') }];
    const random = { below: () => 0, hex: () => 'ab' };
    await expectStranger(s3ReadProbe({ random }, { name: 'read', objects, ...common }));
    await expect(client(said).buckets(node, limits)).rejects.toThrow(Error);
  });

  test('a proxy that answers 503 for a cluster that it cannot reach is not the cluster that says so', async () => {
    const world = { http: http({ status: 503, headers: { server: 'nginx' }, body: '<html>No upstream</html>' }) };
    const { facts } = await look(minioHealthProbe(world, { name: 'health', node, paths, ...times }));
    expect(facts).toEqual({ live: 'protocol', cluster: 'protocol', 'cluster-read': 'protocol' });
  });

  test('the store itself is known, behind a proxy that hides its name too', async () => {
    for (const name of ['x-amz-request-id', 'x-minio-read-quorum'])
      expect(await minioIsLive({ http: http({ headers: { [name]: '1' } }) }, `${node}/live`, 500, signal)).toBe(true);
    expect(await minioIsLive({ http: http({ headers: { server: 'MinIO' } }) }, `${node}/live`, 500, signal)).toBe(true);
  });
});

describe('another process listens where HAProxy, Sentinel or Redis did', () => {
  const PAGE_ON_THE_WIRE = 'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html></html>';
  const PROTOCOL_ERROR = "-ERR Protocol error: expected '$', got '!'\r\n";
  const host = '10.0.0.1';
  const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  const pair = (...texts: readonly string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;
  const haproxy = (text: string) =>
    haproxyStatsProbe(
      { net: netThatSays(text) },
      { name: 'haproxy', stats: { host, port: 1 }, backend: 'api', servers: ['api-1', 'api-2'], ...times },
    );
  const sentinel = (text: string) =>
    sentinelProbe(
      Object.assign(new SimWorld(), { net: netThatSays(text + PROTOCOL_ERROR) }),
      { node: 'redis-1', host, port: 1, masterName: 'mymaster', nodes: [{ name: 'redis-1', host, port: 6379 }] },
      times,
    );
  const redis = (text: string) =>
    redisProbe({ net: netThatSays(text + PROTOCOL_ERROR) }, { node: 'redis-1', host, port: 1 }, times);

  test('a web server', async () => {
    for (const probe of [haproxy, sentinel, redis]) await expectStranger(probe(PAGE_ON_THE_WIRE));
  });

  test('something that closes without a word', async () => {
    for (const probe of [haproxy, sentinel, redis]) await expectStranger(probe(''));
  });

  test('another HAProxy, without this backend or with other servers in it', async () => {
    const header = '# pxname,svname,status,check_status,check_fall';
    await expectStranger(haproxy(`${header}\nshop,shop-1,UP,L7OK,3\n`));
    await expectStranger(haproxy(`${header}\napi,shop-1,UP,L7OK,3\nother,api-1,UP,L7OK,3\n`));
  });

  test('a Redis server without Sentinel, and a Sentinel where the server should be', async () => {
    const unknown = "-ERR unknown command 'SENTINEL', with args beginning with: ...\r\n".repeat(3);
    await expectStranger(sentinel(unknown));
    await expectStranger(redis(`*2\r\n${bulk('sentinel')}*1\r\n${bulk('mymaster')}`));
  });

  test('the Sentinel of another group, whose master is called the same', async () => {
    const foreign = `${pair('10.9.9.9', '6379')}+OK 3 usable Sentinels.\r\n${pair('flags', 'master')}`;
    await expectStranger(sentinel(foreign));
    expect(await look(sentinel(foreign.replace('$8\r\n10.9.9.9', `$8\r\n${host}`)))).toMatchObject({ outcome: 'ok' });
  });
});

describe('another database or broker answers', () => {
  const members = [1, 2].map((n) => ({ name: `pg-${n}`, host: '10.0.0.1', port: 5430 + n }));
  const monitor = (nodes: () => Promise<ReturnType<typeof parseNodes>>) =>
    monitorProbe(
      { nodes, settings: () => Promise.reject(new Error('not asked for')), close: async () => undefined },
      members.map((one) => one.name),
      { target: 'm', ...times },
    );
  const row = (nodeport: number, state: string) => ({
    nodename: `node_${nodeport}`,
    nodehost: '10.0.0.1',
    nodeport,
    reportedstate: state,
    goalstate: state,
    health: 1,
    replicationquorum: true,
  });
  const formation = (...ports: readonly number[]) =>
    parseNodes(
      ports.map((port, index) => row(port, index === 0 ? 'primary' : 'secondary')),
      members,
    );

  test('a Postgres that is no monitor', async () => {
    const missing = Object.assign(new Error('relation "pgautofailover.node" does not exist'), { code: '42P01' });
    await expectStranger(monitor(() => Promise.reject(missing)));
  });

  test('the monitor of another formation, in which all is well', async () => {
    await expectStranger(monitor(async () => formation(7001, 7002)));
    await expectStranger(monitor(async () => formation(5431, 7002)));
    await expectStranger(monitor(async () => []));
    expect(await look(monitor(async () => formation(5431, 5432)))).toMatchObject({ outcome: 'ok' });
  });

  test('a broker that is no RabbitMQ', async () => {
    const target = { host: 'h', port: 1, user: 'u', password: 'p', vhost: '/' };
    const probe = () => amqpProbe({ node: 'rabbit', ...target, ...times });
    broker.product = 'Another Broker';
    await expectStranger(probe());
    await expect(shakeHands(target, 500, signal)).rejects.toThrow('calls itself Another Broker, not RabbitMQ');
    broker.product = 'RabbitMQ';
    expect(await look(probe())).toEqual({ outcome: 'ok', facts: { rabbit: 'up' } });
  });
});

describe('something else answers instead of Prometheus or Alertmanager', () => {
  test.each(STAND_INS)('%s: no alert is known, which is not "no alert is active"', async (_, said) => {
    const source = prometheusSource({ http: http(said) }, { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a' });
    await expect(source.poll(signal)).rejects.toThrow(Error);
    await expect(source.rules(signal)).rejects.toThrow(Error);
  });
});

/** Whoever answers the handshake; the client's own part is proven against the real broker. */
const broker = vi.hoisted(() => ({ product: '' }));
vi.mock('amqplib', () => ({
  default: {
    connect: async () => ({
      on: () => undefined,
      close: async () => undefined,
      connection: { serverProperties: { product: broker.product } },
    }),
  },
}));
