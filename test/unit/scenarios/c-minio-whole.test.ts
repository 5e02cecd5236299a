import { describe, expect, it } from 'vitest';
import type { S3Client } from '../../../src/probes/s3-client.ts';
import { wholeObjects } from '../../../src/scenarios/c-minio-whole.ts';
import { response } from '../../support/scripted-http.ts';
import { SimWorld } from '../../support/sim-world.ts';

/** Drives of each object, at the first walk and at every later one. */
type Store = Readonly<Record<string, readonly (readonly string[])[]>>;

/**
 * A store whose heal API walks these buckets; `fails` answers every poll with 500, `hangs` never ends. `blindMs`: for so
 * long each of the nodes does not reach the first drive.
 */
async function look(
  buckets: Readonly<Record<string, Store>>,
  mode: 'walks' | 'fails' | 'hangs' = 'walks',
  blindMs: Readonly<Record<string, number>> = { 'http://n1': 0 },
) {
  const world = new SimWorld();
  const startedAt = world.clock.now();
  const asked: string[] = [];
  const walks = new Map<string, number>();
  const client: Pick<S3Client, 'send'> = {
    async send({ node, path, query = {} }) {
      const bucket = path.split('/').at(-1) ?? '';
      asked.push(`${bucket} ${Object.keys(query).join()}`);
      if ('forceStart' in query) walks.set(bucket, (walks.get(bucket) ?? 0) + 1);
      if (!('clientToken' in query)) return response(200, JSON.stringify({ clientToken: 'T' }));
      if (mode === 'fails') return response(500);
      const isBlind = world.clock.now() - startedAt < (blindMs[node] ?? 0);
      const items = Object.entries(buckets[bucket] ?? {}).map(([object, states]) => {
        const seen = states[(walks.get(bucket) ?? 1) - 1] ?? states.at(-1) ?? [];
        const drives = seen.map((state, index) => ({ state: isBlind && index === 0 ? 'offline' : state }));
        return { type: 'object', object, before: { drives } };
      });
      return response(200, JSON.stringify({ Summary: mode === 'hangs' ? 'running' : 'finished', Items: items }));
    },
  };
  const never = new AbortController().signal;
  const check = await world.run(() =>
    wholeObjects(world, client as S3Client, Object.keys(blindMs), Object.keys(buckets), never),
  );
  return { check, asked, tookMs: world.clock.now() - startedAt };
}

const OK = [['ok', 'ok']];

describe('objects that lack a shard before anything is broken', () => {
  it('are none in a store that is whole', async () => {
    const { check } = await look({ users: { a: OK, b: OK }, photos: { c: OK } });
    expect(check).toMatchObject({ status: 'ok', detail: 'none of 3 objects in 2 buckets lacks a shard' });
  });

  it('block the drill, with an example and what heals them', async () => {
    const { check } = await look({ empty: {}, users: { a: OK, b: [['ok', 'missing']], c: [['corrupt', 'ok']] } });
    expect(check).toMatchObject({
      status: 'blocked',
      detail: expect.stringContaining('2 of 3 objects of bucket users lack a shard already (b: ok, missing)'),
      hint: 'heal them first: mc admin heal -r ALIAS/users',
    });
  });

  it('are not those that are just being written', async () => {
    const { check } = await look({
      users: {
        a: [
          ['ok', 'missing'],
          ['ok', 'ok'],
        ],
        b: [
          ['ok', 'ok'],
          ['ok', 'missing'],
        ],
      },
    });
    expect(check.status).toBe('ok');
  });

  it.each([
    ['fails', '500'],
    ['hangs', 'no result within 8000ms'],
  ] as const)('are not known in a store that %s: a warning, and the walk is ended', async (mode, why) => {
    const { check, asked } = await look({ users: { a: OK } }, mode);
    expect(check).toMatchObject({ status: 'warning', detail: expect.stringContaining('bucket users was not looked') });
    expect(check.detail).toContain(why);
    expect(asked.at(-1)).toBe('users forceStop');
  });

  it('are looked for at the next node where one does not reach every drive', async () => {
    const blind = { 'http://n1': Number.POSITIVE_INFINITY, 'http://n2': 0 };
    const { check, tookMs } = await look({ users: { a: OK, b: OK } }, 'walks', blind);
    expect(check).toMatchObject({ status: 'ok', detail: 'none of 2 objects in 1 buckets lacks a shard' });
    expect(tookMs).toBeLessThan(1_000);
  });

  it('are waited for while nodes that have just started look for their peers', async () => {
    const { check } = await look({ users: { a: OK } }, 'walks', { 'http://n1': 12_000, 'http://n2': 14_000 });
    expect(check.status).toBe('ok');
  });

  it('are not known where no node reaches every drive: blocked, with the cause and the next step', async () => {
    const blind = { 'http://n1': Number.POSITIVE_INFINITY, 'http://n2': Number.POSITIVE_INFINITY };
    const { check, tookMs } = await look({ users: { a: OK, b: OK } }, 'walks', blind);
    expect(check).toMatchObject({
      status: 'blocked',
      detail:
        'of 2 of 2 objects of bucket users a drive cannot be asked (a: offline, ok), by no node: whether every object is whole is not known',
      hint: expect.stringContaining('mc admin info'),
    });
    expect(tookMs).toBeLessThan(17_000);
  });
});
