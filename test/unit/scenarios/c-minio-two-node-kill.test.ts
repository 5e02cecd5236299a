import { describe, expect, it, vi } from 'vitest';
import { schemaAt } from '../../../src/config/expected.ts';
import { configJsonSchema } from '../../../src/config/json-schema.ts';
import type { DrillContext } from '../../../src/core/scenario.ts';
import type { HealReport } from '../../../src/probes/minio-admin.ts';
import { s3Client } from '../../../src/probes/s3-client.ts';
import { redundancy } from '../../../src/scenarios/c-minio-healing.ts';
import { minioTwoNodeKill } from '../../../src/scenarios/c-minio-two-node-kill.ts';
import { victimsOf } from '../../../src/scenarios/c-minio-victims.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { bindSecondStrike } from '../../../src/scenarios/second-strike.ts';
import { HttpFailure, type HttpRequest, type Net } from '../../../src/world/world.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';
import { SimWorld } from '../../support/sim-world.ts';

const signal = new AbortController().signal;
const nodes = [1, 2, 3, 4].map((n) => ({ name: `minio-${n}`, platform: 'lab', url: `http://127.0.0.1:900${n}` }));
const settings = minioTwoNodeKill.schema.parse({
  api: { url: 'http://lb' },
  nodes,
  accessKey: { env: 'A' },
  secretKey: { env: 'S' },
});

const buckets = (...names: readonly string[]) =>
  `<ListAllMyBucketsResult><Buckets>${names.map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join('')}</Buckets></ListAllMyBucketsResult>`;

const info = (online: number, perSet = 4, parity = 2): Said => ({
  body: JSON.stringify({
    backend: { standardSCParity: parity, totalDrivesPerSet: [perSet] },
    servers: nodes.map((_, index) => ({
      endpoint: `n${index}`,
      state: index < online ? 'online' : 'offline',
      drives: [{ state: 'ok' }],
    })),
  }),
});

/** The heal API's answers to a walk that finds one whole object. */
const walked = ({ url }: HttpRequest): Said => ({
  body: JSON.stringify(
    url.includes('clientToken')
      ? { Summary: 'finished', Items: [{ type: 'object', object: 'a', before: { drives: [{ state: 'ok' }] } }] }
      : { clientToken: 'T' },
  ),
});

async function bound(answer: (request: HttpRequest) => Said, own: Partial<typeof settings> = {}) {
  const http = scriptedHttp(answer);
  const world = Object.assign(new SimWorld({ wallMs: 0 }), { http });
  const drill = await minioTwoNodeKill.bind(
    { ...settings, ...own },
    {
      world,
      profile: PROFILES.standard,
      secret: async (ref) => ('env' in ref && ref.env === 'S' ? 'a-secret' : 'a-key'),
    },
  );
  return { drill, http, world };
}

describe('the probes of C', () => {
  it('look at the rates of the file', async () => {
    const rate = { interval: 125, timeout: 700 };
    const { drill } = await bound(() => ({}), { probes: { health: rate, drives: rate, write: rate } });
    for (const name of ['health:minio-1', 'drives:minio-1', 'write:minio-1'])
      expect(drill.probes.find((probe) => probe.name === name)).toMatchObject({ intervalMs: 125, timeoutMs: 700 });
  });
});

describe('the readers of C', () => {
  it('read every size anew once both nodes are gone, in their first four looks', async () => {
    const stored = new Map<string, string | Uint8Array>();
    const { drill, world } = await bound(({ url, method, body }) => {
      const { pathname } = new URL(url);
      if (method === 'PUT') stored.set(pathname, body ?? '');
      return method === 'PUT' ? { headers: { etag: '"x"' } } : { body: stored.get(pathname) ?? '' };
    });
    const refused = async () => {
      throw new HttpFailure('refused', 'refused');
    };
    Object.assign(world, { net: { exchange: refused, knock: refused, freePorts: async () => [] } satisfies Net });
    await drill.ledgers[0]?.open(signal);
    const reader = drill.probes.find(({ name }) => name.startsWith('read:'));
    const look = async (looks: number) => {
      const said: (string | undefined)[] = [];
      for (let n = 0; n < looks; n += 1) said.push((await reader?.sample(signal))?.detail);
      return said;
    };
    const [first, second] = await drill.strike(signal);
    if (first === undefined || second === undefined) throw new Error('C strikes two nodes');
    const all = ['1 KiB', '100 KiB', '1 MiB', '10 MiB'];
    expect(await look(4)).toEqual(all);
    await drill.gone(first.node, signal);
    expect(await look(4)).not.toContain('10 MiB');
    await drill.gone(second.node, signal);
    expect(await look(4)).toEqual(all);
    await drill.gone(second.node, signal);
    expect(await look(4)).not.toContain('10 MiB');
  });
});

describe('good service in C', () => {
  it('is back once the write probe of every node says so too, not after one write that went well', async () => {
    const stored = new Map<string, string | Uint8Array>();
    let busy = true;
    const { drill } = await bound(({ url, method, body }) => {
      const { host, pathname } = new URL(url);
      if (pathname.startsWith('/minio/health/')) return { headers: { server: 'MinIO' } };
      if (pathname.endsWith('/info')) return info(4);
      if (method !== 'PUT') return { body: stored.get(pathname) ?? '' };
      if (busy && host === '127.0.0.1:9002' && pathname.includes('/probe/')) return { status: 503 };
      stored.set(pathname, body ?? '');
      return { headers: { etag: '"x"' } };
    });
    const context: DrillContext = { signal, elapsedMs: () => 0, gap: async () => {}, note: async () => {} };
    const look = async () => {
      for (const probe of drill.probes) if (probe.name.startsWith('write:')) await probe.sample(signal);
      return drill.recovered(context);
    };
    expect(await drill.recovered(context)).toMatchObject({ ok: false, detail: expect.stringContaining('not seen') });
    expect(await look()).toEqual({ ok: false, detail: 'write:minio-2: http5xx' });
    busy = false;
    expect(await look()).toEqual({ ok: true, detail: 'a write through each node is acknowledged' });
  });
});

const preflight = async (answer: (request: HttpRequest) => Said, own?: Partial<typeof settings>) => {
  const { drill } = await bound(answer, own);
  return (await drill.preflight(signal))
    .filter((check) => check.status !== 'ok')
    .map(({ name, status }) => `${name} ${status}`);
};

describe('scenario C before it breaks anything', () => {
  const store =
    (said: Said) =>
    ({ url }: HttpRequest) =>
      url.endsWith('/minio/admin/v3/info') ? said : { body: buckets() };

  it('is ready when every node is up, all drives are online and the parity allows two to go', async () => {
    expect(await preflight(store(info(4)))).toEqual([]);
  });

  it('is blocked by a wrong password, a node that is down and a drive that is offline', async () => {
    const refusal: Said = { status: 403, body: '{"Code":"SignatureDoesNotMatch"}' };
    expect(await preflight(store(refusal))).toEqual(Array(4).fill('credentials blocked'));
    expect(
      await preflight((request) =>
        request.url.startsWith('http://127.0.0.1:9003') ? { fails: 'refused' } : store(info(4))(request),
      ),
    ).toEqual(['nodes blocked']);
    expect(await preflight(store(info(3)))).toEqual(Array(4).fill('drives blocked'));
  });

  it('is not attainable where two nodes hold more of a set than its parity', async () => {
    expect(await preflight(store(info(4, 4, 1)))).toEqual(['parity unattainable']);
    expect(await preflight(store(info(4, 16, 4)))).toEqual(['parity unattainable']);
    expect(await preflight(store(info(4, 8, 4)), { parity: 4 })).toEqual([]);
  });

  it('warns of what an earlier drill left, and is blocked where no bucket can be made', async () => {
    const left = (request: HttpRequest) =>
      request.url.includes('/heal/')
        ? walked(request)
        : request.url.endsWith('info')
          ? info(4)
          : { body: buckets('gameday-old', 'users') };
    expect(await preflight(left)).toEqual(['leftovers warning']);
    expect(await preflight((request) => (request.method === 'PUT' ? { status: 403 } : left(request)))).toEqual([
      'bucket blocked',
    ]);
  });

  it('is blocked where the drives of the nodes allow fewer nodes to be down than maxDown does', async () => {
    const more = [5, 6].map((n) => ({
      name: `minio-${n}`,
      platform: 'lab',
      labels: {},
      url: `http://127.0.0.1:900${n}`,
    }));
    const own = { nodes: [...settings.nodes, ...more], parity: 4 };
    expect(await preflight(store(info(4, 12, 4)), own)).toEqual(['parity blocked']);
    expect(await preflight(store(info(4, 12, 4)), { ...own, maxDown: 2 })).toEqual([]);
  });

  it('never shows the secret', async () => {
    const { drill, http } = await bound(store(info(4)));
    await drill.preflight(signal);
    expect(JSON.stringify([drill.plan, http.asked])).not.toContain('a-secret');
  });
});

describe('the second strike of scenario C', () => {
  it('is at the other two nodes, and reads what was written in the first one while a node was down', async () => {
    const { drill: first } = await bound(() => ({}));
    const http = scriptedHttp(() => ({}));
    const world = Object.assign(new SimWorld({ wallMs: 0 }), { http });
    const deps = { world, profile: PROFILES.standard, secret: async () => 'a-key' };
    const second = await bindSecondStrike(minioTwoNodeKill, settings, deps, first);
    const victims = async (drill: typeof second) => (await drill.strike(signal)).map(({ node }) => node.name);
    const struck = await victims(first);
    expect([...struck, ...(await victims(second))].sort()).toEqual(nodes.map(({ name }) => name));
    expect(second.plan).toMatchObject({ id: 'C-2', secondOf: 'C', title: 'MinIO two-node kill, second strike' });
    expect(second.plan.runbook).toEqual(first.plan.runbook);
    const reads = second.plan.gates.find(({ id }) => id === 'reads')?.params;
    expect(JSON.stringify(reads)).toContain(`read-first:${struck[0]}`);
    expect(second.plan.gates.map(({ id }) => id)).toEqual([...first.plan.gates.map(({ id }) => id), 'kept-objects']);
  });
});

describe('the plan of scenario C', () => {
  it('reads through the survivors, and looks at health, drives and writes of every node', async () => {
    const { drill } = await bound(() => ({}));
    const victims = (await drill.strike(signal)).map((victim) => victim.node.name);
    const read = drill.plan.probes.map((probe) => probe.name).filter((name) => name.startsWith('read:'));
    expect(read).toEqual(nodes.map((node) => `read:${node.name}`).filter((name) => !victims.includes(name.slice(5))));
    expect(drill.plan.probes.length).toBe(1 + 2 + 3 * 4);
    expect((await drill.strike(signal)).map((victim) => victim.afterMs)).toEqual([0, 5_000]);
    expect(drill.plan).toMatchObject({
      maxDown: 2,
      recoversAfter: 'undo',
      alerts: [{ of: 'first' }, { of: 'second' }],
    });
    expect(drill.plan.logs[0]?.withinMs).toBe(15_000);
  });

  it('says that it looks for no older version of an object: what it writes is never overwritten', async () => {
    const { drill } = await bound(() => ({}));
    expect(drill.plan.notProven.join()).toContain('read in an older version');
  });

  it('takes another pair each day, the same all day, and every pair in turn', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const day = (n: number) => victimsOf(all, { wall: () => n * 86_400_000 + 1_000 }).map(({ name }) => name);
    expect(day(1)).toEqual(day(1));
    expect(new Set(Array.from({ length: 12 }, (_, n) => day(n).join())).size).toBe(12);
    expect(Array.from({ length: 12 }, (_, n) => day(n)).every(([one, other]) => one !== other)).toBe(true);
  });

  it('counts a node as down whose health cannot be seen or takes itself back', async () => {
    const { drill } = await bound(({ url }) => {
      if (url.startsWith('http://127.0.0.1:9001')) return { fails: 'timeout' };
      const status = url.startsWith('http://127.0.0.1:9002') ? 'offline' : 'online';
      return { headers: { server: 'MinIO', 'x-minio-server-status': status } };
    });
    expect(await drill.membersDown(signal)).toEqual(['minio-1', 'minio-2']);
  });
});

describe('healing in the file', () => {
  it.each([
    ['self', 'self'],
    ['request', 'request'],
    [{ wait: '7s' }, 'request'],
    [{ mode: 'self' }, 'self'],
  ])('%j', (healing, mode) => {
    const { accessKey, secretKey } = settings;
    const parsed = minioTwoNodeKill.schema.parse({ api: { url: 'http://lb' }, nodes, accessKey, secretKey, healing });
    expect(parsed.healing).toMatchObject({ mode });
  });

  it('stands in the JSON Schema in both forms', () => {
    const schema = JSON.stringify(schemaAt(configJsonSchema([minioTwoNodeKill]), ['scenarios', 'C', 'healing']));
    expect(schema).toContain('request or self alone, or a mapping of wait, mode and buckets');
    expect(schema).toMatch(/"type":"string","enum":\["request","self"\]/);
    expect(schema).toContain('"buckets"');
  });
});

describe('redundancy', () => {
  /** A store whose dry run says what `reports` say in turn; a heal on request is only remembered. */
  function healing(mode: 'request' | 'self', reports: readonly HealReport['unhealed'][], expected = 1) {
    const world = new SimWorld();
    const queue = [...reports];
    const requests: string[] = [];
    const http = scriptedHttp(({ url, body }) => {
      if (!url.includes('clientToken')) {
        if (!String(body).includes('"dryRun":true')) requests.push('heal');
        return { body: JSON.stringify({ clientToken: String(body).includes('"dryRun":true') ? 'dry' : 'wet' }) };
      }
      const unhealed = url.includes('clientToken=dry') ? (queue.shift() ?? []) : [];
      const whole = { type: 'object', object: 'fine', before: { drives: [{ state: 'ok' }] } };
      return {
        body: JSON.stringify({
          Summary: 'finished',
          Items: [
            whole,
            ...unhealed.map(({ key, drives }) => ({
              type: 'object',
              object: key,
              before: { drives: [{ state: drives }] },
            })),
          ],
        }),
      };
    });
    const said: string[] = [];
    const gaps: string[] = [];
    let elapsed = 0;
    const context: DrillContext = {
      signal,
      elapsedMs: () => elapsed,
      async gap(kind, text) {
        said.push(kind);
        gaps.push(text);
      },
      note: async (text) => void said.push(text),
    };
    const client = s3Client({ http }, { accessKey: 'k', secretKey: 'secret' });
    const ask = redundancy({
      clock: world.clock,
      client,
      nodes: ['http://n'],
      bucket: 'b',
      expected: () => expected,
      ignore: (key) => key.startsWith('probe/'),
      waitMs: 5_000,
      mode,
      deadlineMs: 60_000,
    });
    const poll = () =>
      world.run(async () => {
        await world.clock.sleep(1_000);
        return ask(context);
      });
    const pass = (ms: number) => {
      elapsed += ms;
    };
    return { poll, pass, said, gaps, requests };
  }
  const lacking = [{ key: 'w/1', drives: 'missing' }];

  it('holds when the dry run finds nothing, and asks for nothing', async () => {
    const { poll, requests, said } = healing('request', [[]]);
    expect(await poll()).toEqual({ ok: true, detail: 'none of 1 objects lacks a shard' });
    expect(requests).toEqual([]);
    expect(said).toEqual(['heal dry run: none of 1 objects lacks a shard']);
  });

  it('does not believe a dry run that lists fewer objects than must be there', async () => {
    const { poll } = healing('request', [[], []], 40);
    expect(await poll()).toEqual({ ok: false, detail: 'the heal API lists 1 of the 40 objects of b' });
  });

  it('waits for the store to heal itself, then asks, and says so', async () => {
    const { poll, pass, requests, said, gaps } = healing('request', [lacking, lacking, []]);
    expect(await poll()).toMatchObject({
      ok: false,
      detail: '1 of 2 objects lack a shard (w/1: missing); it may still heal by itself',
    });
    expect(requests).toEqual([]);
    pass(6_000);
    expect((await poll()).ok).toBe(false);
    expect(said).toEqual(['claims-healed']);
    // Gates count "the restart" from the order to start; this counts from when that was done, and is called so.
    expect(gaps.join()).toMatch(/yet 6s after the nodes were restored 1 of 2 objects lack a shard/);
    expect(gaps.join()).toMatch(/had not healed itself within 5s \(healing\.wait\), so a heal was requested$/);
    await vi.waitUntil(async () => (await poll()).ok);
    expect(said.at(-1)).toMatch(/^heal dry run: none of 1 objects lacks a shard, after a heal on request of /);
    expect(said).toHaveLength(2);
    expect(requests).toEqual(['heal']);
  });

  it('takes an object that is just being written for whole: it lacks no shard in the next look', async () => {
    const written = (key: string) => [{ key, drives: 'missing' }];
    const { poll, pass, requests, said } = healing('request', [
      written('w/7'),
      written('w/8'),
      written('probe/minio-2'),
    ]);
    pass(60_000);
    expect(await poll()).toMatchObject({ ok: false, detail: expect.stringContaining('looking again') });
    expect(await poll()).toMatchObject({ ok: false, detail: expect.stringContaining('looking again') });
    expect((await poll()).ok).toBe(true);
    expect(requests).toEqual([]);
    expect(said).toEqual(['heal dry run: none of 2 objects lacks a shard']);
  });

  it('claims nothing of drives that cannot be asked, and asks for no heal', async () => {
    const { poll, pass, requests, said } = healing('request', [[{ key: 'w/1', drives: 'offline' }], []]);
    pass(60_000);
    expect(await poll()).toEqual({ ok: false, detail: 'of 1 of 2 objects a drive cannot be asked (w/1: offline)' });
    expect([...requests, ...said]).toEqual([]);
    expect((await poll()).ok).toBe(true);
  });

  it('never asks in mode self; what is called healed and is not is told, once', async () => {
    const { poll, pass, requests, said } = healing('self', [lacking, lacking, lacking, lacking, []]);
    const notYet = { ok: false, detail: expect.stringContaining('healing.mode is self') };
    expect([await poll(), await poll()]).toMatchObject([notYet, notYet]);
    expect(said).toEqual([]);
    pass(60_000);
    expect([await poll(), await poll()]).toMatchObject([notYet, notYet]);
    expect(await poll()).toMatchObject({ ok: true });
    expect(said).toEqual(['claims-healed', 'heal dry run: none of 1 objects lacks a shard']);
    expect(requests).toEqual([]);
  });

  it('takes an object that is just being written for whole in mode self too', async () => {
    const { poll, pass, said } = healing('self', [lacking, [{ key: 'w/2', drives: 'missing' }]]);
    pass(60_000);
    expect((await poll()).ok).toBe(false);
    expect((await poll()).ok).toBe(false);
    expect(said).toEqual([]);
  });
});
