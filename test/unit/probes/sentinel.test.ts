import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/core/outcome.ts';
import { redisProbe } from '../../../src/probes/redis.ts';
import { RedisDenied, redisCall } from '../../../src/probes/redis-call.ts';
import { agreedMaster, parseSwitch, type SentinelOptions, sentinelProbe } from '../../../src/probes/sentinel.ts';
import { type Endpoint, HttpFailure, type World } from '../../../src/world/world.ts';

const HOST = '10.0.0.1';
const NODES = [1, 2, 3].map((n) => ({ name: `redis-${n}`, host: HOST, port: 6370 + n }));
const SENTINELS: readonly SentinelOptions[] = [1, 2, 3].map((n) => ({
  node: `redis-${n}`,
  host: HOST,
  port: 26_370 + n,
  masterName: 'main',
  nodes: NODES,
}));
const TIMES = { intervalMs: 250, timeoutMs: 1_000 };
const CLOSING = "-ERR Protocol error: expected '$', got '!'\r\n";

type Answer = string | HttpFailure | 'hangs';

/** A net in which each port gives one answer, whatever it is asked. */
function netOf(answers: Readonly<Record<number, Answer>>): Pick<World, 'net' | 'clock'> {
  const world = {
    net: {
      async exchange(to: Endpoint, _text: string, _timeoutMs: number, signal?: AbortSignal): Promise<string> {
        const answer = answers[to.port] ?? new HttpFailure('refused', `${to.port}: refused`);
        if (answer === 'hangs') {
          return new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(new HttpFailure('timeout', 'cut'))),
          );
        }
        if (answer instanceof HttpFailure) throw answer;
        return answer;
      },
    },
  };
  return world as unknown as Pick<World, 'net' | 'clock'>;
}

const naming = (port: number) => `*2\r\n$8\r\n${HOST}\r\n$4\r\n${port}\r\n${CLOSING}`;
const never = () => new AbortController().signal;
const first = SENTINELS[0] as SentinelOptions;

describe('agreedMaster', () => {
  it('answers with the master that a majority names', async () => {
    const world = netOf({ 26371: naming(6372), 26372: naming(6372), 26373: naming(6371) });
    expect(await agreedMaster(world, SENTINELS, 1_000, never())).toEqual({ host: HOST, port: 6372 });
  });

  it('waits for nobody when enough agree', async () => {
    const world = netOf({ 26371: 'hangs', 26372: naming(6372), 26373: naming(6372) });
    expect(await agreedMaster(world, SENTINELS, 1_000, never())).toEqual({ host: HOST, port: 6372 });
  });

  it('takes one of three for no majority, and says what each said', async () => {
    const world = netOf({ 26371: naming(6371), 26373: naming(6372) });
    await expect(agreedMaster(world, SENTINELS, 1_000, never())).rejects.toThrow(
      /no majority.*redis-2: 26372: refused/,
    );
  });

  it('takes nil for no vote', async () => {
    const nil = `*-1\r\n${CLOSING}`;
    const world = netOf({ 26371: nil, 26372: nil, 26373: naming(6371) });
    await expect(agreedMaster(world, SENTINELS, 1_000, never())).rejects.toThrow('no majority');
  });
});

describe('sentinelProbe', () => {
  const settings = '*4\r\n$5\r\nflags\r\n$6\r\nmaster\r\n$6\r\nquorum\r\n$1\r\n2\r\n';
  const address = `*2\r\n$8\r\n${HOST}\r\n$4\r\n6372\r\n`;

  it('names the master as the drill does', async () => {
    const world = netOf({ 26371: `${address}+OK 3 usable Sentinels.\r\n${settings}${CLOSING}` });
    expect(await sentinelProbe(world, first, TIMES).sample(never())).toEqual({
      outcome: 'ok',
      facts: { master: 'redis-2', quorum: 'ok' },
    });
  });

  it('tells a lost quorum from a lost sentinel', async () => {
    const lost = netOf({ 26371: `${address}-NOQUORUM 1 usable Sentinels.\r\n${settings}${CLOSING}` });
    const reading = await sentinelProbe(lost, first, TIMES).sample(never());
    expect(reading).toMatchObject({ outcome: 'degraded', facts: { quorum: 'lost' } });
    expect(await sentinelProbe(netOf({}), first, TIMES).sample(never())).toMatchObject({ outcome: 'refused' });
  });

  it('never calls garbage good', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array().map((bytes) => Buffer.from(bytes).toString()),
        async (text) => {
          const world = netOf({ 26371: text, 6371: text });
          const readings = [
            await sentinelProbe(world, first, TIMES).sample(never()),
            await redisProbe(world, { node: 'redis-1', host: HOST, port: 6371 }, TIMES).sample(never()),
          ];
          for (const { outcome, facts } of readings) {
            expect(classify(outcome)).toBe('bad');
            expect(facts).toBeUndefined();
          }
        },
      ),
    );
  });
});

describe('redisProbe', () => {
  const probe = (answer: Answer) =>
    redisProbe(netOf({ 6371: answer }), { node: 'redis-1', host: HOST, port: 6371 }, TIMES);

  it('knows a replica with its link, and a node where nothing listens', async () => {
    const slave = `*5\r\n$5\r\nslave\r\n$8\r\n${HOST}\r\n:6372\r\n$7\r\nconnect\r\n:-1\r\n${CLOSING}`;
    expect(await probe(slave).sample(never())).toMatchObject({
      outcome: 'degraded',
      facts: { 'redis-1': 'slave', 'redis-1:link': 'connect' },
    });
    expect(await probe(new HttpFailure('refused', 'no')).sample(never())).toMatchObject({
      facts: { 'redis-1': 'down' },
    });
  });

  it('claims no role for a node that hangs', async () => {
    expect(await probe(new HttpFailure('timeout', 'no')).sample(never())).toEqual({ outcome: 'timeout', detail: 'no' });
  });
});

describe('redisCall', () => {
  const call = (answer: string, password?: string) =>
    redisCall(netOf({ 6371: answer }).net, { host: HOST, port: 6371, password }, [['ROLE']], 1_000);

  it('says that a password is wrong, or missing', async () => {
    await expect(call(`-WRONGPASS invalid\r\n-NOAUTH needed\r\n${CLOSING}`, 'secret')).rejects.toThrow(RedisDenied);
    await expect(call(`-NOAUTH Authentication required.\r\n${CLOSING}`)).rejects.toThrow(RedisDenied);
  });

  it('does not mind a server that wants no password', async () => {
    const none = '-ERR AUTH <password> called without any password configured for the default user.\r\n';
    expect(await call(`${none}+PONG\r\n${CLOSING}`, 'secret')).toEqual(['PONG']);
  });

  it('does not take a closing error for an answer', async () => {
    await expect(call('')).rejects.toThrow('0 answers to 1 commands');
  });
});

describe('parseSwitch', () => {
  it('reads the new address of this group only', () => {
    expect(parseSwitch('main 10.0.0.1 6371 10.0.0.1 6372', 'main')).toEqual({ host: HOST, port: 6372 });
    expect(parseSwitch('other 10.0.0.1 6371 10.0.0.1 6372', 'main')).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseSwitch(text, 'main');
      }),
    );
  });
});
