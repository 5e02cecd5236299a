import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redisProbe } from '../../../src/probes/redis.ts';
import { sentinelProbe } from '../../../src/probes/sentinel.ts';
import { anyText, isGood, look, netThatSays, times } from '../../support/fuzz-probe.ts';
import { damagedText } from '../../support/garbage.ts';
import { SimWorld } from '../../support/sim-world.ts';

describe('a sentinel and a Redis server', { timeout: 60_000 }, () => {
  const HOST = '10.0.0.1';
  const CLOSING = "-ERR Protocol error: expected '$', got '!'\r\n";
  const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  const list = (...texts: readonly string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;
  const SENTINEL = `${list(HOST, '6371')}+OK 3 usable Sentinels.\r\n${list('name', 'main', 'flags', 'master')}`;
  const ROLE = `*3\r\n${bulk('master')}:12\r\n*0\r\n`;
  const REPLICA = `*5\r\n${bulk('slave')}${bulk(HOST)}:6371\r\n${bulk('connected')}:12\r\n`;
  const target = { node: 'redis-1', host: HOST, port: 1 };
  const sentinel = (text: string) =>
    sentinelProbe(
      Object.assign(new SimWorld(), { net: netThatSays(text) }),
      { ...target, masterName: 'main', nodes: [{ name: 'redis-1', host: HOST, port: 6371 }] },
      times,
    );
  const redis = (text: string) => redisProbe({ net: netThatSays(text) }, target, times);

  it('are read where they are right', async () => {
    expect((await look(sentinel(SENTINEL + CLOSING))).outcome).toBe('ok');
    expect((await look(redis(ROLE + CLOSING))).outcome).toBe('ok');
    expect((await look(redis(REPLICA + CLOSING))).outcome).toBe('ok');
  });

  it('of any text are never good', async () => {
    const words = fc.array(fc.constantFrom('*', '$', ':', '-', '+', '\r\n', '1', '2', '-1', 'OK ', 'master', 'é'), {
      maxLength: 20,
    });
    const text = fc.oneof(
      anyText,
      words.map((all) => all.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (said) => {
        for (const probe of [sentinel(said), redis(said)]) expect(isGood((await look(probe)).outcome)).toBe(false);
      }),
      { numRuns: 120 },
    );
  });

  it('that stop in the middle are never good', async () => {
    for (let cut = 0; cut < SENTINEL.length; cut += 1)
      expect(isGood((await look(sentinel(SENTINEL.slice(0, cut)))).outcome), `cut at ${cut}`).toBe(false);
    for (const good of [ROLE, REPLICA])
      for (let cut = 0; cut < good.length; cut += 1)
        expect(isGood((await look(redis(good.slice(0, cut)))).outcome), `cut at ${cut}`).toBe(false);
  });

  it.each(['0x10', '1e3', ' 6371', '', '0', '65536', '99999999999999999999', '-1', '6371.5'])(
    'name no master at port %j',
    async (port) => {
      const said = `${list(HOST, port)}+OK 3 usable Sentinels.\r\n${list('flags', 'master')}${CLOSING}`;
      expect((await look(sentinel(said))).outcome).toBe('protocol');
    },
  );

  it('that were damaged are read, or say why not', async () => {
    await fc.assert(
      fc.asyncProperty(damagedText(SENTINEL), damagedText(ROLE), async (one, other) => {
        await look(sentinel(one + CLOSING));
        await look(redis(other + CLOSING));
      }),
      { numRuns: 100 },
    );
  });
});
