import { describe, expect, test } from 'vitest';
import type { Audit } from '../../../src/core/ledger.ts';
import { minioInfo } from '../../../src/probes/minio-admin.ts';
import { s3Client } from '../../../src/probes/s3-client.ts';
import { judgeLook } from '../../../src/scenarios/b-redis-stack.ts';
import { data } from '../../../src/verdict/gates/index.ts';
import { limits } from '../../support/fuzz-probe.ts';
import type { DrillParts } from '../../support/journal-builder.ts';
import { change, judge, judgeFile, resultOf } from '../../support/peer-drill.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5];

describe('figures in the audit', () => {
  const audited = (more: Partial<Audit>): DrillParts['change'] =>
    change('ledger.audited', (event) =>
      event.type === 'ledger.audited'
        ? { ...event, audits: event.audits.map((audit) => ({ ...audit, ...more })) }
        : event,
    );
  /** Any number of lost writes would do: then only the figures themselves can stop a PASS. */
  const gates = [data.spec('data', 'counted', { ledger: 'writes', maxLost: null })];

  test('figures that are no numbers in the audit', () => {
    const judged = judge({
      change: change('ledger.audited', (event) =>
        event.type === 'ledger.audited'
          ? { ...event, audits: event.audits.map((audit) => ({ ...audit, lost: Number.NaN })) }
          : event,
      ),
    });
    expect(judged.scenarios[0]?.gates[1]?.result.status).toBe('INCONCLUSIVE');
  });

  test.each(['lost', 'corrupted', 'duplicated', 'unexpected', 'stale', 'recovered'] as const)('%s', (name) => {
    // A journal has no other word for what is no number than null, which says of some figures that nobody took them. Such an
    // audit never comes to be written: see the test of the ledger's runner.
    const mayBeNull = ['corrupted', 'duplicated', 'stale'].includes(name);
    for (const figure of NO_NUMBERS) {
      if (mayBeNull && !Number.isFinite(figure)) continue;
      const change = audited({ [name]: figure });
      for (const judged of [judge({ gates, change }), judgeFile({ gates, change })]) {
        expect(resultOf(judged, 'data').status, `${figure}`).toBe('INCONCLUSIVE');
        expect(judged.verdict).toBe('INCONCLUSIVE');
      }
    }
  });

  test('more was lost than was ever acknowledged', () => {
    const judged = judgeFile({ gates, change: audited({ lost: 1_000_000 }) });
    expect(resultOf(judged, 'data')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('1,000,000'),
    });
  });

  test('fewer writes were looked for than were acknowledged', () => {
    expect(resultOf(judgeFile({ gates, change: audited({ acked: 1 }) }), 'data').status).toBe('INCONCLUSIVE');
  });
});

describe('times in the journal', () => {
  test('times that are no numbers in the samples', () => {
    const judged = judge({
      change: change('ledger.entries', (event) =>
        event.type === 'ledger.entries'
          ? { ...event, items: event.items.map(([id, , , outcome]) => [id, Number.NaN, Number.NaN, outcome] as const) }
          : event,
      ),
    });
    expect(judged.scenarios[0]?.gates[0]?.result.status).toBe('INCONCLUSIVE');
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test.each([
    ['before the fault', -1e15, -1e15],
    ['never', 1e15, 1e15],
    ['at no time', Number.NaN, Number.NaN],
    ['later than it ended', 20_000, 15_500],
  ])('an alert that fired %s', (_, notBefore, notAfter) => {
    const parts: DrillParts = {
      change: change('alert.changed', (event) =>
        event.type === 'alert.changed' && event.to === 'firing' ? { ...event, notBefore, notAfter } : event,
      ),
    };
    expect(resultOf(judgeFile(parts), 'alerts').status).not.toBe('PASS');
    expect(judgeFile(parts).exit).not.toBe(0);
  });
});

describe('figures that servers give', () => {
  test.each(['', 'many', '-2', '1e9', 'NaN'])('a sentinel that counts its replicas as %j', (count) => {
    const nodes = [1, 2, 3].map((n) => ({ name: `redis-${n}`, host: '10.0.0.1', port: 6370 + n }));
    const look = (given: Readonly<Record<string, string>>) =>
      judgeLook(
        nodes.map(({ name }, index) => ({
          name,
          role: index === 0 ? { role: 'master', link: '2 replicas' } : { role: 'slave', link: 'connected' },
          view: {
            master: { host: '10.0.0.1', port: 6371 },
            quorum: 'OK',
            settings: { flags: 'master', 'num-slaves': '2', 'num-other-sentinels': '2', ...given },
          },
        })),
        nodes,
      ).problems;
    expect(look({})).toEqual([]);
    expect(look({ 'num-slaves': count })).not.toEqual([]);
    expect(look({ 'num-other-sentinels': count })).not.toEqual([]);
  });

  test.each([0, -4, 2.5, 'four', null])(
    'a store whose sets have %j drives does not say what it can lose',
    async (size) => {
      const answer = {
        backend: { standardSCParity: 2, totalDrivesPerSet: [size] },
        servers: [{ endpoint: 'n1', state: 'online', drives: [{ state: 'ok' }] }],
      };
      const http = scriptedHttp(() => ({ body: JSON.stringify(answer) }));
      const info = await minioInfo(s3Client({ http }, { accessKey: 'k', secretKey: 's' }), 'http://h', limits);
      expect(info.drivesPerSet).toBeUndefined();
    },
  );

  test.each([-1, 1.5, 'two', null])('a store whose parity is %j says none', async (parity) => {
    const answer = {
      backend: { standardSCParity: parity, totalDrivesPerSet: [4] },
      servers: [{ endpoint: 'n1', state: 'online', drives: [{ state: 'ok' }] }],
    };
    const http = scriptedHttp(() => ({ body: JSON.stringify(answer) }));
    const info = await minioInfo(s3Client({ http }, { accessKey: 'k', secretKey: 's' }), 'http://h', limits);
    expect(info.parity).toBeUndefined();
  });
});
