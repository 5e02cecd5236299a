import { describe, expect, it } from 'vitest';
import { drivesOnline, healReport, minioHeal, minioInfo } from '../../../src/probes/minio-admin.ts';
import { minioHealthProbe } from '../../../src/probes/minio-health.ts';
import { minioDrivesProbe, s3ReadProbe, s3WriteProbe } from '../../../src/probes/s3.ts';
import { s3Client, sha256 } from '../../../src/probes/s3-client.ts';
import { SizesInTurn } from '../../../src/probes/sizes-in-turn.ts';
import type { HttpRequest } from '../../../src/world/world.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';

const signal = new AbortController().signal;
const limits = { timeoutMs: 1_000, signal };
const times = { intervalMs: 100, timeoutMs: 1_000 };
const node = 'http://127.0.0.1:9000';
const random = { below: () => 0, hex: () => 'ab' };
const client = (answer: (request: HttpRequest) => Said) =>
  s3Client({ http: scriptedHttp(answer) }, { accessKey: 'k', secretKey: 'secret' });
const json = (value: unknown): Said => ({ body: JSON.stringify(value) });

const drive = (state: string) => ({ state, healing: false });
const info = (...states: readonly (readonly [string, string])[]) => ({
  backend: { standardSCParity: 2, totalDrivesPerSet: [4] },
  servers: states.map(([server, state], index) => ({ endpoint: `n${index}`, state: server, drives: [drive(state)] })),
});

describe('minioInfo', () => {
  it('counts a drive only where its server is online too', async () => {
    const seen = await minioInfo(
      client(() => json(info(['online', 'ok'], ['offline', 'ok'], ['online', 'offline']))),
      node,
      limits,
    );
    expect(drivesOnline(seen)).toEqual({ online: 1, total: 3 });
    expect(seen).toMatchObject({ parity: 2, drivesPerSet: 4 });
  });

  it('claims nothing that the answer does not say, and rejects a refusal', async () => {
    const servers = [{ endpoint: 'n1', state: 'offline' }];
    const seen = await minioInfo(
      client(() => json({ servers })),
      node,
      limits,
    );
    expect(seen).toMatchObject({ servers, parity: undefined, drivesPerSet: undefined });
    expect(drivesOnline(seen)).toEqual({ online: 0, total: 1 });
    for (const none of [{}, { servers: [] }, { servers: [null] }, { servers: [{}] }])
      await expect(
        minioInfo(
          client(() => json(none)),
          node,
          limits,
        ),
      ).rejects.toThrow('the store answered with');
    const refused = client(() => ({ status: 403, body: '{"Code":"AccessDenied"}' }));
    await expect(minioInfo(refused, node, limits)).rejects.toThrow('403 AccessDenied');
  });
});

describe('minioDrivesProbe', () => {
  const drives = (answer: () => Said) =>
    minioDrivesProbe({ name: 'drives', node, client: client(answer), ...times }).sample(signal);

  it('says all online only when there are drives and all are', async () => {
    expect((await drives(() => json(info(['online', 'ok'], ['online', 'ok'])))).facts).toEqual({
      drives: 'all online',
    });
    expect((await drives(() => json(info(['online', 'ok'], ['offline', 'ok'])))).facts).toEqual({ drives: '1 of 2' });
    expect(await drives(() => json(info()))).toMatchObject({
      outcome: 'protocol',
      facts: { drives: 'unknown (protocol)' },
    });
    expect(await drives(() => ({ fails: 'refused' }))).toMatchObject({
      outcome: 'refused',
      facts: { drives: 'unknown (refused)' },
    });
  });
});

describe('minioHeal', () => {
  const options = { ...limits, dryRun: true, sleep: async () => undefined };
  const item = (object: string, ...states: string[]) => ({
    type: 'object',
    object,
    before: { drives: states.map(drive) },
  });

  it('waits for the end and adds up the items of all answers', async () => {
    const answers = [
      json({ clientToken: 't' }),
      json({ Summary: 'running', Items: [item('a', 'ok', 'missing'), { type: 'bucket' }] }),
      json({ Summary: 'finished', Items: [item('b', 'ok', 'ok')] }),
    ];
    const asked: HttpRequest[] = [];
    const scripted = client((request) => {
      asked.push(request);
      return answers.shift() ?? { status: 500 };
    });
    expect(await minioHeal(scripted, node, 'b', options)).toEqual({
      objects: 2,
      unseen: [],
      unhealed: [{ key: 'a', drives: 'ok, missing' }],
    });
    expect(asked[0]?.body).toBe('{"recursive":true,"dryRun":true,"nolock":true,"scanMode":1}');
    expect(asked[1]?.url).toContain('clientToken=t');
  });

  it('takes a drive that cannot be asked neither for whole nor for lacking', () => {
    const unlisted = { type: 'object', object: 'a', before: { drives: null } };
    const report = healReport([
      unlisted,
      item('b', 'ok', 'offline'),
      item('c', 'offline', 'missing'),
      item('d', 'ok', ''),
    ]);
    expect(report.unseen).toEqual([
      { key: 'a', drives: 'not listed' },
      { key: 'b', drives: 'ok, offline' },
    ]);
    expect(report.unhealed.map((one) => one.key)).toEqual(['c', 'd']);
  });

  it('rejects when the walk was stopped, or never began', async () => {
    const stopped = [json({ clientToken: 't' }), json({ Summary: 'stopped', Detail: 'heal stopped' })];
    await expect(
      minioHeal(
        client(() => stopped.shift() ?? {}),
        node,
        'b',
        options,
      ),
    ).rejects.toThrow('ended as stopped: heal stopped');
    await expect(
      minioHeal(
        client(() => json({})),
        node,
        'b',
        options,
      ),
    ).rejects.toThrow('no clientToken');
  });
});

describe('minioHealthProbe', () => {
  const paths = { live: '/live', cluster: '/cluster', clusterRead: '/read' };
  const health = (answer: (request: HttpRequest) => Said) =>
    minioHealthProbe({ http: scriptedHttp(answer) }, { name: 'health', node, paths, ...times }).sample(signal);

  it('gives the status of each endpoint; its outcome is that of live', async () => {
    const headers = { server: 'MinIO' };
    const reading = await health(({ url }) => ({ headers, status: url.endsWith('/cluster') ? 503 : 200 }));
    expect(reading).toEqual({ outcome: 'ok', facts: { live: '200', cluster: '503', 'cluster-read': '200' } });
  });

  it('does not believe a 200 that takes itself back in a header', async () => {
    const reading = await health(() => ({ headers: { 'x-minio-server-status': 'offline' } }));
    expect(reading).toMatchObject({ outcome: 'http5xx', facts: { live: 'offline', cluster: 'offline' } });
  });

  it('names the failure of a node that is gone', async () => {
    expect(await health(() => ({ fails: 'refused' }))).toMatchObject({
      outcome: 'refused',
      facts: { live: 'refused' },
    });
  });
});

describe('s3ReadProbe', () => {
  const read = (answer: () => Said, objects = [{ key: 'seed/0', bytes: 5, sha256: sha256('right') }]) =>
    s3ReadProbe(
      { random },
      { name: 'read', node, client: client(answer), bucket: 'b', objects: () => objects, ...times },
    ).sample(signal);

  it('is ok only for the right bytes', async () => {
    expect(await read(() => ({ body: 'right' }))).toEqual({ outcome: 'ok', detail: '5 bytes' });
    expect(await read(() => ({ body: 'wrong' }))).toEqual({ outcome: 'protocol', detail: 'seed/0: wrong checksum' });
    expect(await read(() => ({ status: 403 }))).toMatchObject({ outcome: 'http4xx' });
    expect(await read(() => ({ status: 404 }))).toMatchObject({
      outcome: 'protocol',
      detail: 'seed/0: it is not there',
    });
    expect(await read(() => ({ fails: 'timeout' }))).toMatchObject({ outcome: 'timeout' });
  });

  it('is never ok when there is nothing to read', async () => {
    expect(await read(() => ({ body: '' }), [])).toMatchObject({ outcome: 'protocol' });
  });
});

describe('the sizes that are read', () => {
  const KIB = 1_024;
  const SIZES = [KIB, 100 * KIB, 1_024 * KIB, 10 * 1_024 * KIB];
  /** 32 small ones that were written lately, and one of each size. */
  const known = [...SIZES, ...Array.from({ length: 32 }, () => KIB)].map((bytes, index) => ({
    key: `${index}`,
    bytes,
    sha256: sha256('right'),
  }));

  it('come in turn whatever chance says: each within 16 looks, and the largest no more often', async () => {
    for (const below of [() => 0, (n: number) => n - 1]) {
      const options = { name: 'read', node, client: client(() => ({ body: 'right' })), bucket: 'b', ...times };
      const probe = s3ReadProbe({ random: { ...random, below } }, { ...options, objects: () => known });
      const read: (string | undefined)[] = [];
      for (let look = 0; look < 80; look += 1) read.push((await probe.sample(signal)).detail);
      for (let from = 0; from + 16 <= read.length; from += 1)
        expect(new Set(read.slice(from, from + 16)).size).toBe(SIZES.length);
      expect(read.filter((one) => one === '10 MiB')).toHaveLength(5);
      expect(read.filter((one) => one === '1 MiB').length).toBeLessThanOrEqual(10);
    }
  });

  it('start anew when it counts, from the smallest upwards', async () => {
    let gone = false;
    const options = { name: 'read', node, client: client(() => ({ body: 'right' })), bucket: 'b', ...times };
    const inTurn = ['1 KiB', '100 KiB', '1 MiB', '10 MiB'];
    for (const before of [4, 5, 11]) {
      gone = false;
      const probe = s3ReadProbe({ random }, { ...options, objects: () => known, counts: () => gone });
      for (let look = 0; look < before; look += 1) await probe.sample(signal);
      gone = true;
      const said: (string | undefined)[] = [];
      for (let look = 0; look < 20; look += 1) said.push((await probe.sample(signal)).detail);
      expect(said.slice(0, 4)).toEqual(inTurn);
      expect(said.filter((one) => one === '10 MiB')).toHaveLength(2);
    }
  });

  it('are those that there are', () => {
    const turns = new SizesInTurn();
    expect([turns.next([]), turns.next([7]), turns.next([7]), turns.next([7, 9])]).toEqual([undefined, 7, 7, 9]);
  });
});

describe('s3WriteProbe', () => {
  const write = (answer: () => Said) =>
    s3WriteProbe({ name: 'write', node, client: client(answer), bucket: 'b', key: 'probe/n', ...times }).sample(signal);

  it('says whether a write through this node works', async () => {
    expect(await write(() => ({ headers: { etag: '"x"' } }))).toEqual({ outcome: 'ok', facts: { write: 'ok' } });
    expect(await write(() => ({ status: 503 }))).toMatchObject({ outcome: 'http5xx', facts: { write: 'http5xx' } });
    expect(await write(() => ({ fails: 'refused' }))).toMatchObject({ facts: { write: 'refused' } });
  });

  it('does not wait behind the key of a write that was left hanging', async () => {
    const keys: string[] = [];
    const stored: Said = { headers: { etag: '"x"' } };
    const answers: Said[] = [stored, { fails: 'timeout' }, stored, stored];
    const node1 = client(({ url }) => {
      keys.push(new URL(url).pathname);
      return answers[keys.length - 1] ?? stored;
    });
    const probe = s3WriteProbe({ name: 'write', node, client: node1, bucket: 'b', key: 'probe/n', ...times });
    for (const _ of answers) await probe.sample(signal);
    expect(keys).toEqual(['/b/probe/n/0', '/b/probe/n/0', '/b/probe/n/1', '/b/probe/n/1']);
  });
});
