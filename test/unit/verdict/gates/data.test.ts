import { describe, expect, test } from 'vitest';
import type { Audit } from '../../../../src/core/ledger.ts';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { data } from '../../../../src/verdict/gates/data.ts';
import { type DrillParts, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

describe('data', () => {
  const of = (audit: Partial<Audit>, maxLost: number | null = 0, parts: DrillParts = {}) =>
    resultOf(data.spec('d', 't', { ledger: 'writes', maxLost }), {
      change: (event) =>
        event.type === 'ledger.audited'
          ? { ...event, audits: event.audits.map((one, index) => (index === 1 ? { ...one, ...audit } : one)) }
          : event,
      ...parts,
    });

  test('counts what is missing on the worst replica', () => {
    expect(of({})).toMatchObject({ status: 'PASS', value: 0, measured: '0 of 628 lost', reason: '' });
    expect(of({ lost: 3 })).toMatchObject({ status: 'FAIL', value: 3, measured: '3 of 628 lost' });
    expect(of({ lost: 3 }, 3)).toMatchObject({ status: 'PASS', limit: 'at most 3 lost' });
  });

  test('a loss without a limit passes, and is told', () => {
    const result = of({ lost: 2, lostIds: [190, 200] }, null);
    expect(result).toMatchObject({ status: 'PASS', value: 2 });
    expect(result?.reason).toBe(
      '2 acknowledged writes lost, written from 545ms before to 45ms before the fault (RPO 545ms)',
    );
  });

  test.each(['corrupted', 'duplicated', 'unexpected', 'stale'] as const)('one %s entry fails', (word) => {
    expect(of({ [word]: 1 })).toMatchObject({ status: 'FAIL', reason: `1 ${word}` });
  });

  test('a stale read fails, also where any number of writes may be lost', () => {
    expect(of({ stale: 1 }, null)).toMatchObject({ status: 'FAIL', reason: '1 stale' });
  });

  test('proves nothing where nothing was read, acknowledged, or looked for', () => {
    const unread: readonly [number, GamedayEvent] = [
      35_990,
      { type: 'ledger.unread', scenario: 'A', ledger: 'writes', detail: 'no route' },
    ];
    expect(of({}, 0, { more: [unread] })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'the ledger could not be read back: no route',
    });
    expect(of({ acked: 10 })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ lost: -1 })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({}, 0, { by: () => undefined })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({}, 0, { by: (at) => (at < TIMES.broken ? 'pg-1' : undefined) })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'no write was acknowledged after the recovery',
    });
    expect(of({}, 0, { by: (at) => (at < TIMES.back ? undefined : 'pg-2') })).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
