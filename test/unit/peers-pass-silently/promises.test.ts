import { describe, expect, test } from 'vitest';
import { selectScenarios } from '../../../src/cli/selection.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { rto } from '../../../src/verdict/gates/index.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { JournalBuilder, sessionStarted } from '../../support/journal-builder.ts';
import { GATES, judge, judgeFile, SESSION_GATES } from '../../support/peer-drill.ts';

describe('a promise that cannot be put to the test', () => {
  test('no gate at all', () => {
    const judged = judge({ gates: [] });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    expect(judged.scenarios[0]?.why).toContain('the drill has no gate');
  });

  test('a gate that this version does not know', () => {
    const judged = judge({ gates: [{ id: 'x', kind: 'from-the-future', title: 't', params: {} }] });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test.each(GATES.filter((spec) => Object.keys(spec.params).length > 0))('wrong parameters of gate $kind', (spec) => {
    const judged = judge({ gates: [{ ...spec, params: {} }] });
    expect(judged.scenarios[0]?.gates[0]?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.scenarios[0]?.gates[0]?.result.reason).toContain('parameters are wrong');
  });

  test('a limit that is no number', () => {
    const spec = rto.spec('rto', 't', {
      series: { ledger: 'writes' },
      from: 'fault',
      limitMs: Number.NaN,
      sustain: 5,
      mustBreak: true,
    });
    expect(judge({ gates: [spec] }).verdict).toBe('INCONCLUSIVE');
  });

  test.each([-1, Number.POSITIVE_INFINITY, '60s', null])('a limit of %j', (limitMs) => {
    const [spec] = GATES;
    if (spec === undefined) throw new Error('there is a gate');
    const judged = judgeFile({ gates: [{ ...spec, params: { ...spec.params, limitMs } }] });
    expect(judged.scenarios[0]?.gates[0]?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('a gate over a probe or a ledger that the drill does not have', () => {
    const params = {
      series: { ledger: 'another' },
      from: 'fault',
      limitMs: 60_000,
      sustain: 5,
      mustBreak: true,
    } as const;
    expect(judgeFile({ gates: [rto.spec('rto', 't', params)] })).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });
});

describe('nothing was chosen', () => {
  const known = ['A', 'B', 'C', 'D', 'E'];

  test.each([
    ['A', 'A'],
    ['A,B', 'B A'],
    [undefined, 'ABCDE'],
    ['', undefined],
    [' , ', undefined],
  ])('--only %s --skip %s leaves nothing: a usage error, and no empty session that passes', (only, skip) => {
    expect(() => selectScenarios(known, only, skip)).toThrow(
      expect.objectContaining({ code: 'empty-selection', exitCode: EXIT.usage }),
    );
  });

  test('a session without a drill', () => {
    for (const sessionGates of [[], SESSION_GATES]) {
      const builder = new JournalBuilder();
      builder.add(0, { type: 'writer.started', origin: 'run', version: '0', pid: 2, host: 'h', bootId: 'b' });
      builder.add(0, sessionStarted([], { sessionGates }));
      expect(judgeSession(builder.view())).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    }
  });

  test('a scenario was left out because it cannot be drilled here', () => {
    const notDrilled = [{ id: 'C', title: 'MinIO', reason: 'no binary', limits: true }];
    expect(judge({ session: { sessionGates: SESSION_GATES, notDrilled } })).toMatchObject({
      verdict: 'INCONCLUSIVE',
      exit: 3,
    });
  });
});
