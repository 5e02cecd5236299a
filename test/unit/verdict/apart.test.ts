import { describe, expect, test } from 'vitest';
import { backPressure } from '../../../src/verdict/apart.ts';
import { errorRun } from '../../../src/verdict/gates/error-run.ts';
import { restored } from '../../../src/verdict/gates/restored.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type Answer, drill } from '../../support/journal-builder.ts';

describe('answers that are neither service nor outage', () => {
  const at = (when: number, answer: Answer) => (startedAt: number) =>
    startedAt === when ? answer : (['ok', 3] as const);
  const verdictOf = (api: (startedAt: number) => Answer) =>
    judgeSession(drill({ gates: [restored.spec('r', 't', {})], api }).view()).scenarios[0];

  test('a 429 is back-pressure: counted by probe, and no outage', () => {
    const api = at(20_005, ['http429', 2]);
    expect(verdictOf(api)).toMatchObject({ verdict: 'PASS', why: '' });
    const [scenario] = drill({ api }).view().scenarios;
    expect(scenario && backPressure(scenario)).toMatchObject([{ probe: 'api', count: 1, of: 360 }]);
    const run = errorRun.spec('e', 't', { probes: ['api'], window: 'outage', limitMs: 5_000 });
    const [judged] = judgeSession(drill({ gates: [run], api }).view()).scenarios;
    expect(judged?.gates[0]?.result).toMatchObject({
      status: 'PASS',
      measured: expect.stringContaining('1 answered 429'),
    });
  });

  test('any other 4xx is our own mistake: no pass, and no fail', () => {
    expect(verdictOf(at(20_005, ['http4xx', 2]))).toMatchObject({
      verdict: 'INCONCLUSIVE',
      why: "gameday's own request was refused: a 4xx at GET /api/v1/health (api, 1 of 360 looks)",
    });
  });
});
