import { describe, expect, test } from 'vitest';
import { isoUtc } from '../../../../src/core/time.ts';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { loud } from '../../../../src/verdict/gates/loud.ts';
import type { DrillParts } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

describe('loud', () => {
  const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
  const of = (more: DrillParts['more'], withinMs = 10_000) =>
    resultOf(loud.spec('l', 't', {}), { plan: { logs: logs.map((one) => ({ ...one, withinMs })) }, more });
  const line = (at: number, agoMs?: number, ownClock?: true): readonly [number, GamedayEvent] => [
    at,
    {
      type: 'log.matched',
      scenario: 'A',
      expectation: 'db',
      node: 'api-1',
      count: 1,
      line: 'x',
      ...(agoMs === undefined ? {} : { writtenAt: isoUtc(1_700_000_000_000 + at - agoMs) }),
      ...(ownClock && { ownClock }),
    },
  ];

  test('a line in time passes, a late one or none fails', () => {
    expect(of([line(10_400)])).toMatchObject({ status: 'PASS', value: 400, measured: 'db after 400ms' });
    expect(of([line(29_000)])).toMatchObject({ status: 'FAIL' });
    expect(of([])).toMatchObject({ status: 'FAIL', measured: 'db not seen' });
  });

  test('a line that stood there before the fault proves nothing, though it comes again', () => {
    const noisy = of([line(9_000), line(10_400)]);
    expect(noisy).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(noisy?.reason).toContain('before the fault already');
  });

  test('a line that is from before the fault by its own time is not loud, and no silence either', () => {
    expect(of([line(10_400, 300)])).toMatchObject({ status: 'PASS' });
    // Clocks that differ by a second, or count whole seconds.
    expect(of([line(10_400, 2_400)])).toMatchObject({ status: 'PASS' });
    expect(of([line(10_400, 300, true)])).toMatchObject({ status: 'PASS' });
    expect(of([line(10_400, 500, true)])).toMatchObject({ status: 'INCONCLUSIVE' });
    const old = of([line(10_400, 60_000)]);
    expect(old).toMatchObject({ status: 'INCONCLUSIVE', measured: 'db not seen' });
    expect(old?.reason).toContain('by its own time (2023-11-14T22:12:30.400Z) from before the fault');
    expect(of([line(10_400, 60_000), line(10_900, 0)])).toMatchObject({ status: 'PASS', value: 900 });
  });

  test('a line of the steady phase that comes late disarms its pattern as well', () => {
    expect(of([line(10_400, 5_000), line(10_900, 0)])?.reason).toContain(
      'before the fault already by its own time (2023-11-14T22:13:25.400Z; is that clock right?)',
    );
  });

  test('a line that came once the node was ordered back may be about its return', () => {
    expect(of([line(29_900)], 25_000)).toMatchObject({ status: 'PASS' });
    expect(of([line(30_100)], 25_000)).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('a log that could not be followed, or not for long enough', () => {
    expect(of([[9_000, { type: 'log.unreadable', scenario: 'A', node: 'api-1', detail: 'gone' }]])).toMatchObject({
      status: 'INCONCLUSIVE',
    });
    expect(of([], 25_000)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(resultOf(loud.spec('l', 't', {}))).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
