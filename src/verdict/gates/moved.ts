import type { GateResult } from '../../core/gate.ts';
import { faultMoment, since, undoMoment, victimsOf } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { judgeInterval, measuredText, underText } from '../intervals.ts';
import { type Look, seriesOf } from '../looks.ts';
import { readNumber, readText } from '../params.ts';
import { uncertaintyText } from '../text.ts';

export type MovedParams = { readonly ledger: string; readonly limitMs: number };

/** A session that was pinned to the stopped node goes on at another one. The detail of an acknowledged write names the node. */
export const moved = defineGate<MovedParams>(
  'moved',
  (params) => ({ ledger: readText(params, 'ledger'), limitMs: readNumber(params, 'limitMs') }),
  judge,
);

function judge(params: MovedParams, { scenario, journal }: ScenarioContext): GateResult {
  const limit = underText(params.limitMs);
  const series = seriesOf(scenario, { ledger: params.ledger });
  if (series === undefined) return inconclusive(`the plan has no ledger ${params.ledger}`, { limit });
  const fault = faultMoment(scenario.faults);
  if (fault === undefined) return inconclusive('the fault was not proven', { limit });
  const undo = undoMoment(scenario, journal);
  const endMs = undo?.earliestMs ?? Infinity;
  const victims = victimsOf(scenario);
  const others = scenario.plan.nodes.map((node) => node.name).filter((name) => !victims.includes(name));
  const names = (look: Look, nodes: readonly string[]) => nodes.find((node) => isNamed(look.detail ?? '', node));

  const before = series.looks.findLast((look) => look.class === 'good' && look.endedAt <= fault.earliestMs);
  if (before === undefined) return inconclusive('nothing was acknowledged before the fault', { limit });
  if (names(before, victims) === undefined) {
    return inconclusive(
      `the session was not at the stopped node before the fault (${before.detail ?? 'no node named'})`,
      { limit },
    );
  }
  const during = series.looks.filter((look) => look.endedAt > fault.earliestMs && look.startedAt < endMs);
  // Answered before the node was ordered back: one that waited for longer may well have been answered by the returned node.
  const ghost = during.find(
    (look) =>
      look.class === 'good' &&
      look.startedAt > fault.latestMs &&
      look.endedAt <= endMs &&
      names(look, victims) !== undefined,
  );
  if (ghost !== undefined) {
    return inconclusive(`a write was acknowledged by ${ghost.detail} after it was proven gone`, {
      limit,
      evidence: evidenceOf(ghost),
    });
  }
  const first = during.find(
    (look) => look.class === 'good' && names(look, others) !== undefined && look.endedAt <= endMs,
  );
  const without = during.filter((look) => first === undefined || look.startedAt < first.startedAt);
  const lastWithout = without.at(-1);
  const interval = since(fault, lastWithout?.startedAt ?? fault.earliestMs, first?.endedAt);
  const status = judgeInterval(interval, params.limitMs);
  return {
    status,
    measured:
      first === undefined ? 'it did not move' : `${measuredText(interval)}, from ${before.detail} to ${first.detail}`,
    limit,
    uncertainty: uncertaintyText(interval, series),
    reason:
      first === undefined
        ? 'no other node acknowledged a write of the session while the node was down'
        : status === 'PASS'
          ? ''
          : 'it moved too late, or the limit lies within the uncertainty',
    value: interval.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(before, lastWithout, first, ...fault.evidence),
  };
}

/** `api-1` is named in `by api-1`, and not in `api-10`. */
function isNamed(text: string, node: string): boolean {
  return text.split(/[^A-Za-z0-9._-]+/).includes(node);
}
