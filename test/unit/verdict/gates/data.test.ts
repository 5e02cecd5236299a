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
    expect(result).toMatchObject({ status: 'PASS', value: 2, measured: '2 of 628 lost (RPO 545ms)' });
    expect(result?.reason).toBe(
      '2 acknowledged writes lost, written from 545ms before to 45ms before the fault (RPO 545ms)',
    );
  });

  test('a write that was lost although it was acknowledged after the fault makes the loss longer', () => {
    const result = of({ lost: 2, lostIds: [190, 300] }, null);
    expect(result?.reason).toMatch(
      /^2 acknowledged writes lost, written from 545ms before to [\d.]+m?s after the fault \(RPO ([\d.]+)s\)$/,
    );
    const after = of({ lost: 1, lostIds: [300] }, null);
    // From its start to its answer: what was there at the fault is still there.
    expect(after?.reason).toMatch(/written from [\d.]+m?s after to [\d.]+m?s after the fault \(RPO \d+ms\)$/);
  });

  test('a write whose answer promises nothing is not called one without an answer', () => {
    const refusedBy503 = resultOf(data.spec('d', 't', { ledger: 'writes', maxLost: 0 }), {
      change: (event) =>
        event.type === 'ledger.entries'
          ? {
              ...event,
              items: event.items.map((item) =>
                item[3] === 'acked' ? item : [item[0], item[1], item[2], 'indeterminate', 'one: 503 SlowDownWrite'],
              ),
            }
          : event,
    });
    expect(refusedBy503?.uncertainty).toMatch(/^\d+ writes of unknown fate, \d+ of them there$/);
  });

  test('counts the seeds as the audit does, and takes none of them for a write that was looked for', () => {
    expect(of({ acked: 638, seeds: 10, lost: 1 })).toMatchObject({ status: 'FAIL', measured: '1 of 638 lost' });
    expect(of({ acked: 630, seeds: 10 })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('looked for 620 of 628'),
    });
    expect(of({ acked: 638, seeds: -1 })).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('a loss of which no write is known has no time', () => {
    expect(of({ lost: 2, lostIds: [] }, null)).toMatchObject({
      measured: '2 of 628 lost',
      reason: '2 acknowledged writes lost, when they were written is not known',
    });
  });

  describe('a figure that was not looked at', () => {
    const onAll = (audit: Partial<Audit>) =>
      resultOf(data.spec('d', 't', { ledger: 'writes', maxLost: 0 }), {
        change: (event) =>
          event.type === 'ledger.audited'
            ? { ...event, audits: event.audits.map((one) => ({ ...one, ...audit })) }
            : event,
      });

    test('fails nothing, and is told instead of a 0', () => {
      expect(onAll({ stale: null })).toMatchObject({ status: 'PASS', uncertainty: 'not looked at: stale' });
      expect(onAll({ stale: null, duplicated: null })?.uncertainty).toBe('not looked at: duplicated, stale');
    });

    test('is one that another replica gave, where it did', () => {
      expect(of({ stale: null })).toMatchObject({ status: 'PASS', uncertainty: '' });
      expect(onAll({ corrupted: 1, stale: null })).toMatchObject({ status: 'FAIL', reason: '1 corrupted' });
    });
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
