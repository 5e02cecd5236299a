/**
 * What one look at a service saw. `late` is an answer that came after the probe's own time limit: during a freeze it is
 * the only trace an outage leaves.
 */
export const OUTCOMES = [
  'ok',
  'degraded',
  'late',
  'http4xx',
  'http429',
  'http5xx',
  'refused',
  'reset',
  'unreachable',
  'timeout',
  'protocol',
  'shortage',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/**
 * `apart`: 4xx is our own mistake, 429 is back-pressure, and at a shortage our own machine had nothing left to look with; none of
 * them proves service or outage.
 */
export type OutcomeClass = 'good' | 'bad' | 'apart';

export function classify(outcome: Outcome): OutcomeClass {
  switch (outcome) {
    case 'ok':
    case 'degraded':
      return 'good';
    case 'http4xx':
    case 'http429':
    case 'shortage':
      return 'apart';
    case 'late':
    case 'http5xx':
    case 'refused':
    case 'reset':
    case 'unreachable':
    case 'timeout':
    case 'protocol':
      return 'bad';
  }
}

/** PASS needs evidence; what could not be seen is INCONCLUSIVE. */
export type Verdict = 'PASS' | 'INCONCLUSIVE' | 'FAIL';

const RANK: Readonly<Record<Verdict, number>> = { PASS: 0, INCONCLUSIVE: 1, FAIL: 2 };

/** The worst of several verdicts. Nothing judged is nothing proven: an empty list is INCONCLUSIVE. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict | undefined;
  for (const verdict of verdicts) if (result === undefined || RANK[verdict] > RANK[result]) result = verdict;
  return result ?? 'INCONCLUSIVE';
}
