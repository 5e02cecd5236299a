import type { JudgedGate } from '../verdict/judge.ts';

/** Kinds of gates in the order in which people ask for their figures. */
const ORDER = ['rto', 'data', 'error-run', 'agreement', 'no-bad', 'moved', 'loud'];
const MOST = 4;

/** Figures of one drill, the most asked for first and one of each kind: `rto 4.62s`. Gates that measured nothing have none. */
export function keyFigures(gates: readonly JudgedGate[]): readonly string[] {
  return ORDER.flatMap((kind) => {
    const gate = gates.find(
      ({ spec, result }) => spec.kind === kind && result.value !== null && result.measured !== '',
    );
    return gate === undefined ? [] : [`${gate.spec.id} ${gate.result.measured}${kind === 'no-bad' ? ' bad' : ''}`];
  }).slice(0, MOST);
}
