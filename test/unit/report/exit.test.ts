import { describe, expect, test } from 'vitest';
import { foldJournal } from '../../../src/journal/fold.ts';
import { exitMeaning } from '../../../src/report/exit.ts';
import { findingsOf } from '../../../src/report/findings.ts';
import { errorRun } from '../../../src/verdict/gates/error-run.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';

describe('what an exit code says', () => {
  const gates = (limitMs: number) => [errorRun.spec('e', 't', { probes: ['api'], window: 'outage', limitMs })];
  const told = (parts: DrillParts) => {
    const view = foldJournal(drill(parts).records);
    const judgement = judgeSession(view);
    return { meaning: exitMeaning(view, judgement), judgement, findings: findingsOf(view, judgement) };
  };
  const aborted: DrillParts = {
    more: [[20_000, { type: 'abort', scenario: 'A', reason: 'alice asked for it' }]],
    change: (event) =>
      event.type === 'scenario.ended' ? { ...event, outcome: 'aborted', reason: 'alice asked for it' } : event,
  };
  const down = { api: (at: number) => (at > 10_000 && at < 14_000 ? (['refused', 1] as const) : (['ok', 2] as const)) };

  test('an abort is no gate that was missed, and its reason stands in headline and findings', () => {
    const { meaning, judgement, findings } = told({ gates: gates(30_000), ...aborted });
    expect(meaning).toBe('a drill was aborted');
    expect(judgement.headline).toContain('A aborted: alice asked for it');
    expect(findings).toContainEqual({
      scenario: 'A',
      kind: 'aborted',
      text: 'the drill was ended at once: alice asked for it',
      moment: expect.objectContaining({ t: 20_000 }),
    });
  });

  test('a gate that was missed is named as that, with the abort beside it', () => {
    expect(told({ gates: gates(1_000), ...down }).meaning).toBe('a gate was missed');
    expect(told({ gates: gates(1_000), ...down, ...aborted }).meaning).toBe('a gate was missed, a drill was aborted');
  });

  test('an interrupt before the first fault restored nothing', () => {
    const more: DrillParts['more'] = [[5_000, { type: 'interrupted', signal: 'SIGINT', count: 1 }]];
    const early: DrillParts['change'] = (event) =>
      'fault' in event ? undefined : event.type === 'scenario.ended' ? { ...event, outcome: 'not-injected' } : event;
    expect(told({ gates: gates(30_000), more, change: early }).meaning).toBe('interrupted, nothing was broken');
    const late: DrillParts['change'] = (event) =>
      event.type === 'scenario.ended' ? { ...event, outcome: 'interrupted' } : event;
    expect(told({ gates: gates(30_000), more, change: late }).meaning).toBe(
      'interrupted, everything that was broken was restored',
    );
  });
});
