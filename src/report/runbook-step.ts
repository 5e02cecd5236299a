import type { ScenarioPlan, Step } from '../core/scenario.ts';
import type { RunbookSeen } from '../journal/events.ts';

/** The runbook and the heading that serve a step; undefined when either was not there when the session began. */
export function runbookStep(
  runbooks: readonly RunbookSeen[],
  { id, runbook }: Pick<ScenarioPlan, 'id' | 'runbook'>,
  step: Step,
): string | undefined {
  const seen = runbooks.find((one) => one.scenario === id);
  const heading = runbook.headings[step];
  if (seen === undefined || seen.sha256 === null || !seen.headings.includes(heading)) return undefined;
  return `${seen.path} # ${heading}`;
}
