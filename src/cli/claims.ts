import type { JournalView } from '../journal/view.ts';
import type { SessionJudgement } from '../verdict/judge.ts';

/** Where the verdicts that the session journaled differ from those that its journal gives now. Empty: they are the same. */
export function sameClaims(view: JournalView, judgement: SessionJudgement): readonly string[] {
  const now = new Map<string, string>();
  for (const { plan, gates } of judgement.scenarios)
    for (const { spec, result } of gates) now.set(key(plan.id, spec.id), result.status);
  for (const { spec, result } of judgement.session) now.set(key(null, spec.id), result.status);
  const differences = view.judged.flatMap(({ scenario, gate, result, seq }) => {
    const status = now.get(key(scenario, gate));
    if (status === result.status) return [];
    return [
      `line ${seq + 1}: gate ${gate} of ${scenario ?? 'the session'} was said to be ${result.status}; judged again it is ${status ?? 'not known'}`,
    ];
  });
  const { ended } = view;
  if (ended !== undefined && ended.verdict !== judgement.verdict) {
    differences.push(
      `line ${ended.seq + 1}: the session was said to be ${ended.verdict}; judged again it is ${judgement.verdict}`,
    );
  }
  return differences;
}

function key(scenario: string | null, gate: string): string {
  return JSON.stringify([scenario, gate]);
}
