import type { GateResult, GateSpec } from '../core/gate.ts';
import { STEPS } from '../core/scenario.ts';
import type { JournalView, ScenarioView } from '../journal/view.ts';
import { contradictionsOf } from '../verdict/contradictions.ts';
import type { SessionJudgement } from '../verdict/judge.ts';
import { metricTroubles } from '../verdict/metrics.ts';
import { headOf, type Moment } from './moment.ts';

/** Something the drill showed to be wrong or missing. `scenario` null: about the session. */
export interface Finding {
  readonly scenario: string | null;
  readonly kind: string;
  readonly text: string;
  readonly moment: Moment;
}

/**
 * What the journal calls a gap, and what follows from it: a runbook or a heading that is not there, a node that was not
 * restored, metrics that cannot be trusted, witnesses that contradict each other, a gate that could not be judged. In
 * order of scenarios; said once each.
 */
export function findingsOf(view: JournalView, judgement: SessionJudgement): readonly Finding[] {
  const all = [
    ...view.scenarios.flatMap((scenario) => ofScenario(view, scenario, judgement)),
    ...view.gaps.map(journaled),
    ...unobserved(judgement.session, null, lastMoment(view), view.gaps),
  ];
  const seen = new Set<string>();
  return all.filter((finding) => {
    const key = JSON.stringify([finding.scenario, finding.kind, finding.text]);
    return !seen.has(key) && seen.add(key);
  });
}

function ofScenario(view: JournalView, scenario: ScenarioView, judgement: SessionJudgement): readonly Finding[] {
  const judged = judgement.scenarios.find((one) => one.plan.id === scenario.plan.id);
  const end = scenario.ended ?? scenario.started;
  const moment = end === undefined ? lastMoment(view) : { seq: end.seq, t: end.t };
  return [
    ...scenario.gaps.map(journaled),
    ...metricGaps(scenario),
    ...contradictions(scenario),
    ...(has(scenario, 'runbook-missing') ? [] : runbookGaps(view, scenario, moment)),
    ...aborted(scenario),
    ...cameBack(scenario),
    ...(has(scenario, 'restore-by-hand') ? [] : notRestored(scenario)),
    // A drill that was cut short has its reason in its outcome; one gap a gate would only hide the others.
    ...(judged?.outcome === 'completed'
      ? unobserved(judged?.gates ?? [], scenario.plan.id, moment, scenario.gaps)
      : []),
  ];
}

function has(scenario: ScenarioView, kind: string): boolean {
  return scenario.gaps.some((gap) => gap.kind === kind);
}

function journaled(gap: ScenarioView['gaps'][number]): Finding {
  return { scenario: gap.scenario, kind: gap.kind, text: gap.text, moment: { seq: gap.seq, t: gap.t } };
}

/** Metrics that are missing, not scraped, or stand still: they are wrong by themselves, whatever the alerts did. */
function metricGaps(scenario: ScenarioView): readonly Finding[] {
  return metricTroubles(scenario).map(({ kind, text, t, seq }) => ({
    scenario: scenario.plan.id,
    kind,
    text,
    moment: { seq, t },
  }));
}

function contradictions(scenario: ScenarioView): readonly Finding[] {
  return contradictionsOf(scenario).map(({ text, t, evidence }) => ({
    scenario: scenario.plan.id,
    kind: 'contradiction',
    text,
    moment: { seq: evidence.seq, t },
  }));
}

function runbookGaps(view: JournalView, { plan }: ScenarioView, moment: Moment): readonly Finding[] {
  // A second strike has the runbook of the first, which says what is missing.
  if (plan.secondOf !== undefined) return [];
  const seen = view.started?.runbooks.find((one) => one.scenario === plan.id);
  const found = { scenario: plan.id, kind: 'runbook-missing', moment };
  if (seen === undefined || seen.sha256 === null)
    return [{ ...found, text: `there is no runbook ${plan.runbook.path}` }];
  const wanted = new Set(STEPS.map((step) => plan.runbook.headings[step]));
  return [...wanted]
    .filter((heading) => !seen.headings.includes(heading))
    .map((heading) => ({ ...found, text: `${plan.runbook.path} has no heading "${heading}"` }));
}

/** A drill that is ended at once has met something that was not expected, whatever its gates say. */
function aborted({ plan, aborts }: ScenarioView): readonly Finding[] {
  return aborts.map(({ reason, seq, t }) => ({
    scenario: plan.id,
    kind: 'aborted',
    text: `the drill was ended at once: ${reason}`,
    moment: { seq, t },
  }));
}

/** Whoever starts a stopped node again on their own would do so in a real outage too, or only hides it. */
function cameBack({ plan, faults }: ScenarioView): readonly Finding[] {
  return faults.flatMap(({ node, returned }) =>
    returned === undefined
      ? []
      : [
          {
            scenario: plan.id,
            kind: 'came-back',
            text: `${node.name} came back by itself (${returned.detail}): look for a restart policy, a supervisor or an orphaned process, and keep it off while the node is drilled`,
            moment: { seq: returned.seq, t: returned.t },
          },
        ],
  );
}

/** A fault whose way back was armed counts as open until the journal says that its node was looked at and is back. */
function notRestored({ plan, faults }: ScenarioView): readonly Finding[] {
  return faults
    .filter((fault) => fault.undoSettled?.outcome !== 'restored')
    .map(({ node, undo, armed, undoSettled }) => {
      const { seq, t } = undoSettled ?? armed;
      const why = undoSettled?.detail ?? 'the journal does not say that it is back';
      return {
        scenario: plan.id,
        kind: 'restore-by-hand',
        text: `${node.name} was not restored (${why}); by hand: ${undoSettled?.byHand ?? undo.byHand}`,
        moment: { seq, t },
      };
    });
}

/** A gate that could not be judged: nothing was seen, too little, or too coarsely for so close a result. */
function unobserved(
  gates: readonly { readonly spec: GateSpec; readonly result: GateResult }[],
  scenario: string | null,
  moment: Moment,
  gaps: readonly { readonly kind: string; readonly text: string }[],
): readonly Finding[] {
  return gates
    .filter(({ result }) => result.status === 'INCONCLUSIVE')
    .filter(({ spec }) => !gaps.some((gap) => gap.kind === 'inconclusive' && gap.text.includes(spec.id)))
    .map(({ spec, result }) => ({
      scenario,
      kind: 'inconclusive',
      text: `gate ${spec.id} could not be judged: ${result.reason}`,
      moment,
    }));
}

/** The seal is left out: the report is written before it and must read the same after it. */
function lastMoment(view: JournalView): Moment {
  const head = headOf(view);
  return { seq: head?.seq ?? 0, t: head?.t ?? 0 };
}
