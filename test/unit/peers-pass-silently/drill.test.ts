import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import { restored } from '../../../src/verdict/gates/index.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { drill, failover, TIMES } from '../../support/journal-builder.ts';
import { change, GATES, judge, judgeFile, SESSION_GATES } from '../../support/peer-drill.ts';

// Each of these ends well, or with exit 0, in a drill tool in wide use (DESIGN.md, section 2). Here none may.

test('a drill that went well passes: all others differ from it in one thing', () => {
  for (const judged of [judge(), judgeFile()]) {
    const gates = [...(judged.scenarios[0]?.gates ?? []), ...judged.session];
    expect(gates.map(({ spec, result }) => `${spec.id} ${result.status} ${result.reason}`)).toEqual(
      [...GATES, ...SESSION_GATES].map(({ id }) => `${id} PASS `),
    );
    expect(judged).toMatchObject({ verdict: 'PASS', exit: 0, restored: true });
  }
});

describe('before the fault', () => {
  test('the steady state is out of tolerance before the fault', () => {
    const judged = judge({
      change: change('phase.ended', (event) =>
        event.type === 'phase.ended' && event.phase === 'steady' ? { ...event, ok: false } : event,
      ),
    });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('writes were failing already before the fault', () => {
    const judged = judge({ by: (at) => (at > 9_000 && at < TIMES.back ? undefined : failover(at)) });
    expect(judged.scenarios[0]?.gates[0]?.result).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'writes was failing already before the fault',
    });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });
});

describe('the fault', () => {
  test('the fault action raises', () => {
    const judged = judge({
      change: change('fault.settled', (event) => ({ ...event, outcome: 'failed', detail: 'exit 1' }) as GamedayEvent),
    });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    expect(judged.scenarios[0]?.why).toContain('the stop of pg-1 failed: exit 1');
  });

  test('the fault is never proven', () => {
    const judged = judge({ change: change('fault.proven', () => undefined) });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    expect(judged.scenarios[0]?.gates[0]?.result.status).toBe('INCONCLUSIVE');
  });

  test('the wrong node was stopped: nothing broke', () => {
    const judged = judge({ by: () => 'pg-1' });
    expect(judged.scenarios[0]?.gates[0]?.result).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'writes never failed: was the right node stopped?',
    });
  });

  test('the nodes were down for a shorter time than was planned', () => {
    const judged = judge({ plan: { outageMs: 25_000 } });
    expect(judged.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(judged.scenarios[0]?.why).toContain('the nodes were down for 19.9s, and 25s were planned');
  });
});

describe('the way back', () => {
  test('the undo raises', () => {
    const judged = judge({
      change: change(
        'undo.settled',
        (event) => ({ ...event, outcome: 'not-restored', verifiedBy: '', detail: 'no route' }) as GamedayEvent,
      ),
    });
    expect(judged).toMatchObject({ verdict: 'FAIL', exit: 5, restored: false });
    expect(judged.headline).toMatch(/^NOT RESTORED: pg-1\./);
  });

  test('the undo was never carried out', () => {
    const judged = judge({
      change: (event) => (event.type === 'undo.requested' || event.type === 'undo.settled' ? undefined : event),
    });
    expect(judged).toMatchObject({ exit: 5, restored: false });
    expect(judged.verdict).not.toBe('PASS');
  });

  test('the node was called restored without a look at it', () => {
    const judged = judge({ change: change('undo.settled', (event) => ({ ...event, verifiedBy: '' }) as GamedayEvent) });
    expect(judged.scenarios[0]?.gates.find((one) => one.spec.id === 'restored')?.result.status).toBe('INCONCLUSIVE');
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('the stack did not heal', () => {
    const judged = judge({
      change: change('phase.ended', (event) =>
        event.type === 'phase.ended' && event.phase === 'verify'
          ? { ...event, ok: false, detail: 'pg-1 is not secondary' }
          : event,
      ),
    });
    expect(judged).toMatchObject({ verdict: 'FAIL', exit: 1 });
  });
});

describe('the whole of it', () => {
  test('the operator interrupted it', () => {
    const judged = judge({
      change: change(
        'scenario.ended',
        (event) => ({ ...event, outcome: 'interrupted', reason: 'SIGINT' }) as GamedayEvent,
      ),
      more: [[20_000, { type: 'interrupted', signal: 'SIGINT', count: 1 }]],
    });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 130 });
  });

  test('an error of our own outranks all but a node left down', () => {
    const judged = judge({
      change: change('scenario.ended', (event) => ({ ...event, outcome: 'error', internal: true }) as GamedayEvent),
    });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 4 });
  });

  test('what the gates do not look at is looked at all the same', () => {
    const gates = [restored.spec('restored', 'all back', {})];
    expect(judge({ gates }).verdict).toBe('PASS');
    expect(judge({ gates, change: change('fault.proven', () => undefined) }).scenarios[0]).toMatchObject({
      verdict: 'INCONCLUSIVE',
      why: 'no proof that pg-1 was really gone',
    });
    const unhealed = change('phase.ended', (event) =>
      event.type === 'phase.ended' && event.phase === 'verify' ? { ...event, ok: false } : event,
    );
    expect(judge({ gates, change: unhealed }).scenarios[0]?.verdict).toBe('FAIL');
    const { records } = drill({ gates });
    const back = records.map((record) => (record.type === 'ledger.audited' ? { ...record, t: 20_000 } : record));
    expect(judgeSession(foldJournal(back)).scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(judgeSession(foldJournal(back)).scenarios[0]?.why).toContain('the clock ran backwards');
  });
});
