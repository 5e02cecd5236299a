import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { moved } from '../../../../src/verdict/gates/moved.ts';
import { type DrillParts, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

describe('moved', () => {
  const of = (parts: DrillParts = {}, limitMs = 30_000) =>
    resultOf(moved.spec('m', 't', { ledger: 'writes', limitMs }), parts);

  test('is timed to the first write that another node acknowledged', () => {
    expect(of()).toMatchObject({ status: 'PASS', value: 4_609, measured: '4.61s, from pg-1 to pg-2' });
    expect(of({}, 4_000)).toMatchObject({ status: 'FAIL' });
  });

  test('nothing is proven where the session was elsewhere, or the dead node answers', () => {
    expect(of({ by: () => 'pg-2' })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ by: () => 'pg-1' })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'a write was acknowledged by pg-1 after it was proven gone',
    });
  });

  test('a write that waited until the node was ordered back is no answer of a dead node', () => {
    const by = (at: number) => (at < TIMES.broken ? 'pg-1' : undefined);
    const last = TIMES.undo - 45;
    const change = (event: GamedayEvent): GamedayEvent =>
      event.type === 'ledger.entries'
        ? {
            ...event,
            items: event.items.map((item) =>
              item[1] === last ? [item[0], last, TIMES.undo + 900, 'acked', 'pg-1'] : item,
            ),
          }
        : event;
    expect(of({ by, change }, 15_000)).toMatchObject({ status: 'FAIL', measured: 'it did not move' });
  });

  test('a session that never goes on fails once the limit has passed', () => {
    const by = (at: number) => (at < TIMES.broken ? 'pg-1' : undefined);
    expect(of({ by }, 15_000)).toMatchObject({ status: 'FAIL', measured: 'it did not move' });
    expect(of({ by }, 25_000)).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
