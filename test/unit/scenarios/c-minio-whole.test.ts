import { describe, expect, it } from 'vitest';
import type { S3Client } from '../../../src/probes/s3-client.ts';
import { wholeObjects } from '../../../src/scenarios/c-minio-whole.ts';
import { response } from '../../support/scripted-http.ts';
import { SimWorld } from '../../support/sim-world.ts';

/** Drives of each object, at the first walk and at every later one. */
type Store = Readonly<Record<string, readonly (readonly string[])[]>>;

/** A store whose heal API walks these buckets; `fails` answers every poll with 500, `hangs` never ends. */
async function look(buckets: Readonly<Record<string, Store>>, mode: 'walks' | 'fails' | 'hangs' = 'walks') {
  const world = new SimWorld();
  const asked: string[] = [];
  const walks = new Map<string, number>();
  const client: Pick<S3Client, 'send'> = {
    async send({ path, query = {} }) {
      const bucket = path.split('/').at(-1) ?? '';
      asked.push(`${bucket} ${Object.keys(query).join()}`);
      if ('forceStart' in query) walks.set(bucket, (walks.get(bucket) ?? 0) + 1);
      if (!('clientToken' in query)) return response(200, JSON.stringify({ clientToken: 'T' }));
      if (mode === 'fails') return response(500);
      const items = Object.entries(buckets[bucket] ?? {}).map(([object, states]) => ({
        type: 'object',
        object,
        before: { drives: (states[(walks.get(bucket) ?? 1) - 1] ?? states.at(-1) ?? []).map((state) => ({ state })) },
      }));
      return response(200, JSON.stringify({ Summary: mode === 'hangs' ? 'running' : 'finished', Items: items }));
    },
  };
  const never = new AbortController().signal;
  const check = await world.run(() =>
    wholeObjects(world, client as S3Client, 'http://n1', Object.keys(buckets), never),
  );
  return { check, asked };
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
});
