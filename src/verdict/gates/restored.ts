import type { GateResult } from '../../core/gate.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { countText, plural } from '../text.ts';

const LIMIT = 'every node up and staying up';

export type RestoredParams = Record<string, never>;

/** Every node that was stopped was inspected up again, and still up later. */
export const restored = defineGate<RestoredParams>('restored', () => ({}), judge);

function judge(_params: RestoredParams, { scenario }: ScenarioContext): GateResult {
  const { faults } = scenario;
  if (faults.length === 0) return inconclusive('no node was stopped', { limit: LIMIT });
  const left = faults.filter((fault) => fault.undoSettled?.outcome === 'not-restored');
  const unknown = faults.filter(
    (fault) =>
      fault.undoSettled === undefined ||
      (fault.undoSettled.outcome === 'restored' && fault.undoSettled.verifiedBy === ''),
  );
  const back = faults.length - left.length - unknown.length;
  const names = (list: typeof left) => list.map((fault) => fault.node.name).join(', ');
  const reasons = [
    ...left.map(
      (fault) =>
        `${fault.node.name} is not restored: ${fault.undoSettled?.detail ?? ''}; by hand: ${fault.undo.byHand}`,
    ),
    ...(unknown.length > 0 ? [`nobody looked whether it is back: ${names(unknown)}`] : []),
  ];
  return {
    status: left.length > 0 ? 'FAIL' : unknown.length > 0 ? 'INCONCLUSIVE' : 'PASS',
    measured: `${countText(back)} of ${plural(faults.length, 'node')}`,
    limit: LIMIT,
    uncertainty: '',
    reason: reasons.join('; '),
    value: back,
    unit: 'count',
    evidence: evidenceOf(...faults.map((fault) => fault.undoSettled ?? fault.armed)),
  };
}
