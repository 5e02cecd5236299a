import type { ScenarioPlan } from '../core/scenario.ts';
import { unreachable } from '../core/unreachable.ts';
import { entryOf } from './entries.ts';
import type { JournalRecord } from './events.ts';
import type { JournalView, ScenarioView } from './view.ts';

/** Folds records into one structure. Pure; accepts a journal that stops anywhere. */
export function foldJournal(records: readonly JournalRecord[]): JournalView {
  const view: JournalView = {
    records,
    writers: [],
    scenarios: [],
    checks: [],
    notes: [],
    gaps: [],
    interrupts: [],
    guardLosses: [],
    takeovers: [],
    judged: [],
    sealed: [],
  };
  const byId = new Map<string, ScenarioView>();
  for (const record of records) fold(view, byId, record);
  for (const scenario of view.scenarios) {
    for (const samples of scenario.samples.values()) samples.sort((a, b) => a.startedAt - b.startedAt);
    for (const entries of scenario.entries.values()) entries.sort((a, b) => a.startedAt - b.startedAt);
  }
  return view;
}

function emptyScenario(plan: ScenarioPlan): ScenarioView {
  return {
    plan,
    phases: [],
    checks: [],
    faults: [],
    samples: new Map(),
    missed: [],
    observations: [],
    entries: new Map(),
    opened: new Map(),
    audits: [],
    unread: [],
    alerts: [],
    surveys: [],
    scrapes: [],
    alertReachability: [],
    logs: [],
    unreadableLogs: [],
    notes: [],
    gaps: [],
    aborts: [],
    suspended: [],
  };
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function fold(view: JournalView, byId: Map<string, ScenarioView>, record: JournalRecord): void {
  const scenario = 'scenario' in record && record.scenario !== null ? byId.get(record.scenario) : undefined;
  const fault =
    scenario !== undefined && 'fault' in record ? scenario.faults.find((one) => one.id === record.fault) : undefined;
  switch (record.type) {
    case 'writer.started':
      view.writers.push(record);
      return;
    case 'session.started':
      view.started = record;
      for (const plan of record.scenarios) {
        const empty = emptyScenario(plan);
        view.scenarios.push(empty);
        byId.set(plan.id, empty);
      }
      return;
    case 'check':
      (scenario ?? view).checks.push(record);
      return;
    case 'scenario.started':
      if (scenario) scenario.started = record;
      return;
    case 'scenario.ended':
      if (scenario) scenario.ended = record;
      return;
    case 'phase.started':
      scenario?.phases.push({ phase: record.phase, startedAt: record.t });
      return;
    case 'phase.ended': {
      const phase = scenario?.phases.findLast((one) => one.phase === record.phase);
      if (phase) Object.assign(phase, { endedAt: record.t, ok: record.ok, detail: record.detail });
      return;
    }
    case 'undo.armed':
      scenario?.faults.push({
        id: record.fault,
        undo: record.undo,
        node: record.undo.node,
        armed: record,
        commands: [],
      });
      return;
    case 'fault.requested':
      if (fault) fault.requested = record;
      return;
    case 'fault.command':
      fault?.commands.push(record);
      return;
    case 'fault.settled':
      if (fault) fault.settled = record;
      return;
    case 'fault.proven':
      if (fault) fault.proven = record;
      return;
    case 'fault.returned':
      if (fault) fault.returned ??= record;
      return;
    case 'undo.requested':
      if (fault) fault.undoRequested ??= record;
      return;
    case 'undo.settled':
      if (fault) fault.undoSettled = record;
      return;
    case 'recovered':
      if (scenario) scenario.recovered ??= record;
      return;
    case 'samples':
      if (scenario) {
        const list = listOf(scenario.samples, record.probe);
        record.items.forEach(([scheduledAt, startedAt, endedAt, outcome, detail], index) => {
          list.push({ scheduledAt, startedAt, endedAt, outcome, detail, seq: record.seq, index });
        });
      }
      return;
    case 'ledger.entries':
      if (scenario) {
        const list = listOf(scenario.entries, record.ledger);
        record.items.forEach((item, index) => {
          list.push({ ...entryOf(item), seq: record.seq, index });
        });
      }
      return;
    case 'probe.missed':
      scenario?.missed.push(record);
      return;
    case 'observation':
      scenario?.observations.push(record);
      return;
    case 'ledger.opened':
      scenario?.opened.set(record.ledger, record);
      return;
    case 'ledger.removed':
      scenario?.opened.delete(record.ledger);
      return;
    case 'ledger.audited':
      scenario?.audits.push(record);
      return;
    case 'ledger.unread':
      scenario?.unread.push(record);
      return;
    case 'alert.baseline':
      if (scenario) scenario.baseline = record;
      return;
    case 'alert.changed':
      scenario?.alerts.push(record);
      return;
    case 'alert.surveyed':
      scenario?.surveys.push(record);
      return;
    case 'scrapes.seen':
      scenario?.scrapes.push(record);
      return;
    case 'alert.reachability':
      scenario?.alertReachability.push(record);
      return;
    case 'log.matched':
      scenario?.logs.push(record);
      return;
    case 'log.unreadable':
      scenario?.unreadableLogs.push(record);
      return;
    case 'note':
      (scenario ?? view).notes.push(record);
      return;
    case 'gap':
      (scenario ?? view).gaps.push(record);
      return;
    case 'abort':
      scenario?.aborts.push(record);
      return;
    case 'interrupted':
      view.interrupts.push(record);
      return;
    case 'suspended':
      // By time: a scenario may have ended in the moment between waking up and saying so.
      for (const one of view.scenarios)
        if (one.started !== undefined && (one.ended?.t ?? Infinity) >= record.since) one.suspended.push(record);
      return;
    case 'gate.judged':
      view.judged.push(record);
      return;
    case 'session.ended':
      view.ended = record;
      return;
    case 'session.sealed':
      view.sealed.push(record);
      return;
    case 'guard.lost':
      view.guardLosses.push(record);
      return;
    case 'takeover':
      view.takeovers.push(record);
      view.ended = undefined;
      return;
    case 'waiting':
    case 'guard.started':
      return;
    default:
      unreachable(record);
  }
}
