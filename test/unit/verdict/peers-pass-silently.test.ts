import { describe, expect, test } from 'vitest';
import type { GateSpec } from '../../../src/core/gate.ts';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { foldJournal } from '../../../src/journal/view.ts';
import {
  alerts,
  badRun,
  data,
  errorRun,
  healed,
  noBad,
  restored,
  rto,
  silent,
} from '../../../src/verdict/gates/index.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type DrillParts, drill, failover, TIMES, VICTIM } from '../../support/journal-builder.ts';

// Each of these ends well, or with exit 0, in a drill tool in wide use (DESIGN.md, section 2). Here none may.

const GATES: readonly GateSpec[] = [
  rto.spec('rto', 'writes are back', {
    series: { ledger: 'writes' },
    from: 'fault',
    limitMs: 60_000,
    sustain: 5,
    mustBreak: true,
  }),
  data.spec('data', 'nothing is lost', { ledger: 'writes', maxLost: 0 }),
  noBad.spec('api', 'the API never fails', { series: [{ probe: 'api' }], window: 'whole', minSamples: 50 }),
  errorRun.spec('run', 'no long run', { probes: ['api'], window: 'whole', limitMs: 30_000 }),
  restored.spec('restored', 'all back', {}),
  healed.spec('healed', 'healed', {}),
];
const SESSION: readonly GateSpec[] = [
  silent.spec('silent', 's', {}),
  badRun.spec('bad-run', 'b', { limitMs: 30_000 }),
  alerts.spec('alerts', 'a', {}),
];

function judge(parts: DrillParts = {}) {
  return judgeSession(drill({ gates: GATES, session: { sessionGates: SESSION }, ...parts }).view());
}

const change =
  (
    type: GamedayEvent['type'],
    to: (event: GamedayEvent) => GamedayEvent | undefined,
  ): NonNullable<DrillParts['change']> =>
  (event) =>
    event.type === type ? to(event) : event;

test('a drill that went well passes: all others below differ from it in one thing', () => {
  const judged = judge();
  expect(judged.scenarios[0]?.gates.map(({ spec, result }) => `${spec.id} ${result.status} ${result.reason}`)).toEqual(
    GATES.map(({ id }) => `${id} PASS `),
  );
  expect(judged).toMatchObject({ verdict: 'PASS', exit: 0, restored: true });
});

describe('peers pass silently, gameday does not', () => {
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

  test('a continuous probe breaks and heals', () => {
    const judged = judge({ api: (at) => (at > 12_000 && at < 13_000 ? ['http5xx', 3] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'FAIL', value: 10 });
    expect(judged).toMatchObject({ verdict: 'FAIL', exit: 1 });
  });

  test('an outage of one sample', () => {
    const judged = judge({ api: (at) => (at === 12_005 ? ['refused', 1] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({
      status: 'FAIL',
      value: 1,
      measured: '1 of 360 (1 refused)',
    });
  });

  test('an answer that came late is the only trace of a freeze', () => {
    const judged = judge({ api: (at) => (at === 12_005 ? ['late', 1_400] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'FAIL', value: 1 });
  });

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

  test('figures that are no numbers in the audit', () => {
    const judged = judge({
      change: change('ledger.audited', (event) =>
        event.type === 'ledger.audited'
          ? { ...event, audits: event.audits.map((audit) => ({ ...audit, lost: Number.NaN })) }
          : event,
      ),
    });
    expect(judged.scenarios[0]?.gates[1]?.result.status).toBe('INCONCLUSIVE');
  });

  test('times that are no numbers in the samples', () => {
    const judged = judge({
      change: change('ledger.entries', (event) =>
        event.type === 'ledger.entries'
          ? { ...event, items: event.items.map(([id, , , outcome]) => [id, Number.NaN, Number.NaN, outcome] as const) }
          : event,
      ),
    });
    expect(judged.scenarios[0]?.gates[0]?.result.status).toBe('INCONCLUSIVE');
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('the alert was firing already before the fault', () => {
    const active = [
      { name: 'PostgresNodeDown', labels: { node: 'pg-1' }, state: 'firing', where: 'alertmanager' },
    ] as const;
    const judged = judge({ change: change('alert.baseline', (event) => ({ ...event, active }) as GamedayEvent) });
    expect(judged.session.find((one) => one.spec.id === 'alerts')?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('nobody looked for a while', () => {
    const judged = judge({ api: (at) => (at > 15_000 && at < 18_000 ? undefined : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.scenarios[0]?.gates[2]?.result.reason).toContain('nobody looked for 3.1s');
  });

  test('nobody looked at all', () => {
    expect(judge({ api: () => undefined }).verdict).toBe('INCONCLUSIVE');
    expect(judge({ change: change('ledger.audited', () => undefined) }).verdict).toBe('INCONCLUSIVE');
  });

  test('the journal stops in the middle', () => {
    const records = drill({ gates: GATES }).records;
    for (let length = 0; length < records.length; length += 1) {
      const judged = judgeSession(foldJournal(records.slice(0, length)));
      expect(judged.verdict).not.toBe('PASS');
      expect(judged.exit).not.toBe(0);
    }
  });

  test('a line is missing, or was changed', () => {
    const { lines } = drill({ gates: GATES });
    const cut = lines.filter((_, index) => index !== 9);
    const { records, problems } = readJournal(Buffer.from(`${cut.join('\n')}\n`));
    expect(judgeSession(foldJournal(records), problems)).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('another process, or another boot, went on with the journal', () => {
    const again = { type: 'writer.started', origin: 'recover', version: '0', pid: 3, host: 'h', bootId: 'c' } as const;
    expect(judge({ more: [[20_000, again]] })).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('the clock ran backwards', () => {
    const { records } = drill({ gates: GATES });
    const moved = records.map((record) =>
      record.type === 'fault.proven' ? { ...record, t: TIMES.steady - 1 } : record,
    );
    expect(judgeSession(foldJournal(moved)).verdict).toBe('INCONCLUSIVE');
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

  test('a scenario was left out because it cannot be drilled here', () => {
    const notDrilled = [{ id: 'C', title: 'MinIO', reason: 'no binary', limits: true }];
    expect(judge({ session: { sessionGates: SESSION, notDrilled } })).toMatchObject({
      verdict: 'INCONCLUSIVE',
      exit: 3,
    });
  });

  test('an error of our own outranks all but a node left down', () => {
    const judged = judge({
      change: change('scenario.ended', (event) => ({ ...event, outcome: 'error', internal: true }) as GamedayEvent),
    });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 4 });
  });

  test('an alert of another node does not count', () => {
    const judged = judge({
      plan: {
        alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }],
        logs: [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }],
      },
      change: change('alert.changed', (event) =>
        event.type === 'alert.changed' ? { ...event, labels: { node: 'pg-2' } } : event,
      ),
    });
    expect(judged.session.find((one) => one.spec.id === 'alerts')?.result.status).not.toBe('PASS');
    expect(judged.session.find((one) => one.spec.id === 'silent')?.result.status).toBe('FAIL');
    expect(VICTIM.name).toBe('pg-1');
  });
});
