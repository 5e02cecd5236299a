import type { SampleView, ScenarioView } from '../journal/view.ts';

/** Answers of one probe that prove neither service nor outage. */
export interface Apart {
  readonly probe: string;
  readonly target: string;
  readonly count: number;
  /** All looks of the probe in this drill. */
  readonly of: number;
  readonly first: SampleView;
}

/** Probes that were told to slow down (429): back-pressure, and no outage. */
export function backPressure(scenario: ScenarioView): readonly Apart[] {
  return answersOf(scenario, 'http429');
}

/** Probes whose own request was refused (any other 4xx): what they saw says nothing about the stack. */
export function refusedRequests(scenario: ScenarioView): readonly Apart[] {
  return answersOf(scenario, 'http4xx');
}

/** `gameday's own request was refused: 404 at http://… (api, 3 of 120 looks)`. */
export function refusedText({ probe, target, count, of, first }: Apart): string {
  const status = /\b4\d\d\b/u.exec(first.detail ?? '')?.[0] ?? 'a 4xx';
  return `gameday's own request was refused: ${status} at ${target.replace(/^[A-Z]+ (?=https?:)/u, '')} (${probe}, ${count} of ${of} looks)`;
}

function answersOf(scenario: ScenarioView, outcome: 'http429' | 'http4xx'): readonly Apart[] {
  return scenario.plan.probes.flatMap(({ name, target }) => {
    const looks = scenario.samples.get(name) ?? [];
    const own = looks.filter((look) => look.outcome === outcome);
    const [first] = own;
    return first === undefined ? [] : [{ probe: name, target, count: own.length, of: looks.length, first }];
  });
}
