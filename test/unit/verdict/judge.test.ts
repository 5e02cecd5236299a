import { describe, expect, test } from 'vitest';
import { rto } from '../../../src/verdict/gates/rto.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';

describe('a drill that says it is completed', () => {
  const gates = [
    rto.spec('rto', 't', { series: { ledger: 'writes' }, from: 'fault', limitMs: 60_000, sustain: 5, mustBreak: true }),
  ];
  const of = (plan: DrillParts['plan']) => judgeSession(drill({ gates, plan }).view()).scenarios[0];

  test('kept the nodes down for as long as was planned, or proves nothing', () => {
    expect(of({ outageMs: 19_000 })).toMatchObject({ verdict: 'PASS', why: '' });
    expect(of({ outageMs: 25_000 })).toMatchObject({
      verdict: 'INCONCLUSIVE',
      why: 'the nodes were down for 19.9s, and 25s were planned',
    });
  });
});

test('the headline of a refused session begins with what blocked it', () => {
  const check = { name: 'lab running', status: 'blocked', detail: 'api-1 is down', hint: '' } as const;
  const { headline } = judgeSession(
    drill({
      change: (event) => (!('scenario' in event) || event.type === 'check' ? event : undefined),
      more: [[1, { type: 'check', scenario: 'A', check }]],
    }).view(),
  );
  expect(headline).toMatch(/^refused: A lab running: api-1 is down\. INCONCLUSIVE: 0 of 1 drills passed/u);
});
