import { expect, test } from 'vitest';
import { restored } from '../../../../src/verdict/gates/restored.ts';
import { failover, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

test('restored needs somebody who looked', () => {
  const spec = restored.spec('r', 't', {});
  expect(resultOf(spec)).toMatchObject({ status: 'PASS', measured: '1 of 1 node' });
  expect(
    resultOf(spec, { change: (event) => (event.type === 'undo.settled' ? { ...event, verifiedBy: '' } : event) }),
  ).toMatchObject({ status: 'INCONCLUSIVE' });
  expect(failover(TIMES.back)).toBe('pg-2');
});
