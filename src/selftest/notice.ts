import { type Verdict, worst } from '../core/outcome.ts';
import { foldJournal } from '../journal/fold.ts';
import type { JournalContent } from '../journal/reader.ts';
import { judgeSession, type SessionJudgement } from '../verdict/judge.ts';
import { PREFLIGHT, rings, type Sabotage, type Turn, VERDICT } from './sabotage.ts';

/** What became of one session: a journal to be judged, or why there is none. */
export type Outcome =
  | { readonly kind: 'judged'; readonly judgement: SessionJudgement }
  | { readonly kind: 'refused'; readonly message: string }
  /** The sabotage could not be made or the session broke down: nothing was tested. */
  | { readonly kind: 'broken'; readonly message: string };

/** One line of the table: what one sabotage had to do to one gate, and what was seen. */
export interface Row {
  readonly scenario: string;
  readonly gate: string;
  readonly sabotage: string;
  readonly title: string;
  readonly kind: Sabotage['kind'];
  readonly wanted: Turn['to'];
  readonly seen: Verdict | 'refused' | 'nothing';
  /** What the gate said, or why nothing was seen. */
  readonly reason: string;
  /** The status is the wanted one, for the right reason. */
  readonly noticed: boolean;
}

export function judgeContent(content: Pick<JournalContent, 'records' | 'problems'>): SessionJudgement {
  return judgeSession(foldJournal(content.records), content.problems);
}

/** Holds each turn of a sabotage against what became of its session. */
export function noticedBy(sabotage: Sabotage, outcome: Outcome): readonly Row[] {
  const { id, title, scenario, kind } = sabotage;
  return sabotage.turns.map((turn) => {
    const { status, reason } = seenAt(turn.gate, scenario, outcome);
    const right = turn.to === 'not PASS' ? status === 'FAIL' || status === 'INCONCLUSIVE' : status === turn.to;
    const noticed = right && (!rings(turn) || turn.because.test(reason));
    return { scenario, gate: turn.gate, sabotage: id, title, kind, wanted: turn.to, seen: status, reason, noticed };
  });
}

function seenAt(gate: string, scenario: string, outcome: Outcome): { status: Row['seen']; reason: string } {
  if (outcome.kind === 'broken') return { status: 'nothing', reason: outcome.message };
  if (gate === PREFLIGHT) {
    if (outcome.kind === 'refused') return { status: 'refused', reason: outcome.message };
    return { status: outcome.judgement.verdict, reason: 'the session was not refused' };
  }
  if (outcome.kind === 'refused') return { status: 'refused', reason: outcome.message };
  const { judgement } = outcome;
  const drill = judgement.scenarios.find((one) => one.plan.id === scenario);
  if (gate === VERDICT) return { status: judgement.verdict, reason: [judgement.headline, drill?.why].join('; ') };
  const judged = [...(drill?.gates ?? []), ...judgement.session].find((one) => one.spec.id === gate);
  if (judged === undefined) return { status: 'nothing', reason: `there is no gate ${gate}` };
  const { status, measured, reason } = judged.result;
  return { status, reason: [measured, reason].filter((text) => text !== '').join('; ') };
}

/** A gate by its scenario; `null` is the session. */
export interface GateName {
  readonly scenario: string | null;
  readonly gate: string;
}

/** Every gate that a good session judged: what the table has to cover. */
export function gatesOf(judgement: SessionJudgement): readonly (GateName & { readonly status: Verdict })[] {
  const drills = judgement.scenarios.flatMap(({ plan, gates }) =>
    gates.map(({ spec, result }) => ({ scenario: plan.id, gate: spec.id, status: result.status })),
  );
  const session = judgement.session.map(({ spec, result }) => ({
    scenario: null,
    gate: spec.id,
    status: result.status,
  }));
  return [...drills, ...session];
}

/** Gates for which no sabotage is known that must turn them away from PASS. */
export function uncovered(gates: readonly GateName[], all: readonly Sabotage[]): readonly GateName[] {
  return gates.filter(
    ({ scenario, gate }) =>
      !all.some(
        (one) =>
          (scenario === null || one.scenario === scenario) &&
          one.turns.some((turn) => turn.gate === gate && rings(turn)),
      ),
  );
}

/** The verdict over everything that was judged in the run without sabotage. */
export function baselineOf(gates: readonly { readonly status: Verdict }[]): Verdict {
  return worst(gates.map((one) => one.status));
}
