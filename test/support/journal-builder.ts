import type { GateSpec } from '../../src/core/gate.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { ScenarioPlan } from '../../src/core/scenario.ts';
import { isoUtc } from '../../src/core/time.ts';
import { encode, envelop, GENESIS } from '../../src/journal/codec.ts';
import type { GamedayEvent, JournalRecord, LedgerEntries, Samples, SessionStarted } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import type { JournalView } from '../../src/journal/view.ts';
import { data, healed, restored, rto } from '../../src/verdict/gates/index.ts';

/** Writes a journal in memory, line by line, with a true hash chain. `t` is CLOCK_MONOTONIC in ms. */
export class JournalBuilder {
  readonly records: JournalRecord[] = [];
  readonly lines: string[] = [];
  private prev = GENESIS;

  add(t: number, event: GamedayEvent): this {
    const record = envelop(event, this.records.length, isoUtc(1_700_000_000_000 + t), t, this.prev);
    const { line, hash } = encode(record);
    this.prev = hash;
    this.lines.push(line);
    // Read back, so that what JSON cannot carry (NaN, undefined) is lost here as it is in a file.
    this.records.push(JSON.parse(line) as JournalRecord);
    return this;
  }

  view(): JournalView {
    return foldJournal(this.records);
  }
}

/** Gates that a changed journal of A can turn. */
export const OWN_GATES: readonly GateSpec[] = [
  rto.spec('rto', 'writes are back within 60s', {
    series: { ledger: 'writes' },
    from: 'fault',
    limitMs: 60_000,
    sustain: 5,
    mustBreak: true,
  }),
  data.spec('data', 'nothing is lost', { ledger: 'writes', maxLost: 0 }),
  restored.spec('restored', 'every node is up', {}),
  healed.spec('healed', 'steady again', {}),
];

/** Times of the drill that `drill` writes. */
export const TIMES = {
  steady: 0,
  requested: 10_000,
  proven: 10_100,
  broken: 10_005,
  back: 14_600,
  undo: 30_000,
  undone: 31_000,
  verified: 36_000,
  ended: 37_000,
} as const;

export const VICTIM = { name: 'pg-1', platform: 'fake', labels: { node: 'pg-1' } } as const;
const OTHER = { name: 'pg-2', platform: 'fake', labels: { node: 'pg-2' } } as const;

export function planOf(parts: Partial<ScenarioPlan> = {}): ScenarioPlan {
  return {
    id: 'A',
    slug: 'a-postgres-failover',
    title: 'Postgres failover',
    purpose: 'writes go on when the primary is lost',
    stack: 'postgres',
    needs: [],
    nodes: [VICTIM, OTHER],
    maxDown: 1,
    action: 'stop',
    runbook: {
      path: 'a.md',
      headings: { detect: 'd', fault: 'f', diagnose: 'g', mitigate: 'm', recover: 'r', verify: 'v' },
    },
    recoversAfter: 'fault',
    steadyMs: 10_000,
    outageMs: 15_000,
    observeDeadlineMs: 90_000,
    verifyMs: 5_000,
    healDeadlineMs: 120_000,
    undoDeadlineMs: 60_000,
    alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 60_000 }],
    logs: [],
    gates: [],
    probes: [{ name: 'api', target: 'GET /api/v1/health', intervalMs: 100, timeoutMs: 1_000, user: true }],
    ledgers: [{ name: 'writes', target: 'table', intervalMs: 50, timeoutMs: 500, user: false }],
    notProven: [],
    ...parts,
  };
}

export function sessionStarted(plans: readonly ScenarioPlan[], parts: Partial<SessionStarted> = {}): SessionStarted {
  return {
    type: 'session.started',
    session: 's',
    environment: 'lab',
    kind: 'lab',
    profile: 'standard',
    config: {},
    template: { source: 'built in', sha256: '', text: '' },
    runbooks: [],
    versions: {},
    scenarios: plans,
    notDrilled: [],
    sessionGates: [],
    reach: { lockPath: '/srv/lock', platforms: { fake: {} } },
    alertSource: 'fake',
    ...parts,
  };
}

export type Answer = readonly [Outcome, number];

/** Ticks of a probe from one time to another; `answer` gives the outcome and how long it took. */
export function samples(
  probe: string,
  span: { readonly from: number; readonly to: number; readonly every: number },
  answer: (startedAt: number) => Answer | undefined = () => ['ok', 3],
): Samples {
  const items: Samples['items'][number][] = [];
  for (let at = span.from; at < span.to; at += span.every) {
    const seen = answer(at);
    if (seen !== undefined) items.push([at, at, at + seen[1], seen[0]]);
  }
  return { type: 'samples', scenario: 'A', probe, items };
}

/** Writes from one time to another: acknowledged by `by`, or refused where that is undefined. */
export function writes(
  span: { readonly from: number; readonly to: number; readonly every: number },
  by: (startedAt: number) => string | undefined,
): LedgerEntries {
  const items: LedgerEntries['items'][number][] = [];
  for (let at = span.from; at < span.to; at += span.every) {
    const node = by(at);
    const id = items.length + 1;
    items.push(node === undefined ? [id, at, at + 2, 'rejected', 'refused'] : [id, at, at + 4, 'acked', node]);
  }
  return { type: 'ledger.entries', scenario: 'A', ledger: 'writes', items };
}

/** The acknowledging node of a clean failover. */
export function failover(at: number): string | undefined {
  if (at < TIMES.broken) return 'pg-1';
  return at < TIMES.back ? undefined : 'pg-2';
}

export interface DrillParts {
  readonly gates?: readonly GateSpec[];
  readonly plan?: Partial<ScenarioPlan>;
  readonly session?: Partial<SessionStarted>;
  /** Answers of the probe `api`. */
  readonly api?: (startedAt: number) => Answer | undefined;
  /** Who acknowledges writes. */
  readonly by?: (startedAt: number) => string | undefined;
  /** Takes an event out (undefined), or puts another in its place. */
  readonly change?: (event: GamedayEvent) => GamedayEvent | undefined;
  /** More events, by their times; put where they belong. */
  readonly more?: readonly (readonly [number, GamedayEvent])[];
}

/** A whole drill that went well, with the changes a test asks for. */
export function drill(parts: DrillParts = {}): JournalBuilder {
  const plan = planOf({ ...(parts.gates === undefined ? {} : { gates: parts.gates }), ...parts.plan });
  const span = { from: 5, to: TIMES.verified };
  const entries = writes({ ...span, every: 50 }, parts.by ?? failover);
  const acked = entries.items.filter(([, , , outcome]) => outcome === 'acked').length;
  const of = { scenario: 'A' } as const;
  const fault = { ...of, fault: 'A1' } as const;
  const alert = {
    type: 'alert.changed',
    ...of,
    name: 'PostgresNodeDown',
    labels: { node: 'pg-1', severity: 'page' },
  } as const;
  const events: (readonly [number, GamedayEvent])[] = [
    [0, { type: 'writer.started', origin: 'run', version: '0', pid: 2, host: 'h', bootId: 'b' }],
    [0, sessionStarted([plan], parts.session)],
    [0, { type: 'scenario.started', ...of }],
    [TIMES.steady, { type: 'phase.started', ...of, phase: 'steady' }],
    [9_800, { type: 'alert.baseline', ...of, active: [], rules: ['PostgresNodeDown'] }],
    [9_900, { type: 'phase.ended', ...of, phase: 'steady', ok: true, detail: 'held' }],
    [9_950, { type: 'phase.started', ...of, phase: 'inject' }],
    [
      9_960,
      {
        type: 'undo.armed',
        ...fault,
        undo: {
          platform: 'fake',
          node: VICTIM,
          action: 'start',
          deadlineMs: 60_000,
          verify: 'up',
          byHand: 'start pg-1',
        },
      },
    ],
    [TIMES.requested, { type: 'fault.requested', ...fault, node: VICTIM, action: 'stop', deadlineMs: 10_000 }],
    [10_050, { type: 'fault.settled', ...fault, outcome: 'applied', detail: '' }],
    [TIMES.proven, { type: 'fault.proven', ...fault, node: 'pg-1', platform: 'down', independent: 'refused' }],
    [10_110, { type: 'phase.ended', ...of, phase: 'inject', ok: true, detail: '' }],
    [10_120, { type: 'phase.started', ...of, phase: 'observe' }],
    [16_500, { ...alert, where: 'alertmanager', from: 'inactive', to: 'firing', notBefore: 15_400, notAfter: 16_450 }],
    [29_900, { type: 'phase.ended', ...of, phase: 'observe', ok: true, detail: '' }],
    [29_950, { type: 'phase.started', ...of, phase: 'restore' }],
    [TIMES.undo, { type: 'undo.requested', ...fault, node: 'pg-1', attempt: 1 }],
    [
      TIMES.undone,
      {
        type: 'undo.settled',
        ...fault,
        node: 'pg-1',
        outcome: 'restored',
        verifiedBy: 'inspected up',
        detail: '',
        byHand: 'start pg-1',
      },
    ],
    [31_000, { type: 'phase.ended', ...of, phase: 'restore', ok: true, detail: '' }],
    [31_010, { type: 'phase.started', ...of, phase: 'verify' }],
    [32_500, { ...alert, where: 'alertmanager', from: 'firing', to: 'inactive', notBefore: 31_400, notAfter: 32_450 }],
    [35_900, entries],
    [35_950, samples('api', { ...span, every: 100 }, parts.api)],
    [
      35_980,
      {
        type: 'ledger.audited',
        ...of,
        ledger: 'writes',
        audits: ['pg-1', 'pg-2'].map((replica) => ({
          replica,
          acked,
          lost: 0,
          recovered: 0,
          unexpected: 0,
          duplicated: 0,
          corrupted: 0,
          stale: 0,
          lostIds: [],
        })),
      },
    ],
    [TIMES.verified, { type: 'phase.ended', ...of, phase: 'verify', ok: true, detail: 'healed' }],
    [TIMES.ended, { type: 'scenario.ended', ...of, outcome: 'completed', reason: '' }],
  ];
  const builder = new JournalBuilder();
  const all = [...events, ...(parts.more ?? [])].map((one, index) => ({ one, index }));
  all.sort((a, b) => a.one[0] - b.one[0] || a.index - b.index);
  for (const { one } of all) {
    const event = parts.change === undefined ? one[1] : parts.change(one[1]);
    if (event !== undefined) builder.add(one[0], event);
  }
  return builder;
}
