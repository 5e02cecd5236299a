import { messageOf } from '../core/errors.ts';
import type { Evidence, GateResult, GateSpec } from '../core/gate.ts';
import type { JsonObject } from '../core/json.ts';
import type { JournalView, ScenarioView } from '../journal/view.ts';
import { ParamError } from './params.ts';

export interface SessionContext {
  readonly journal: JournalView;
}

/** What a gate of one scenario may look at. */
export interface ScenarioContext extends SessionContext {
  readonly scenario: ScenarioView;
}

/** A gate by its kind. `judge` never throws: what goes wrong is INCONCLUSIVE. */
export interface Gate<Context> {
  readonly kind: string;
  judge(params: JsonObject, context: Context): GateResult;
}

export type ScenarioGate = Gate<ScenarioContext>;
export type SessionGate = Gate<SessionContext>;

/** A gate as its own file defines it: it also builds the data that stand in a plan. */
export interface GateDefinition<Params extends JsonObject, Context> extends Gate<Context> {
  spec(id: string, title: string, params: Params): GateSpec;
}

/**
 * Defines a gate. `read` turns the parameters in the journal into typed ones, and throws a ParamError when they are wrong.
 * The context is a ScenarioContext for a gate of a scenario and a SessionContext for one of the session.
 */
export function defineGate<Params extends JsonObject, Context extends SessionContext = ScenarioContext>(
  kind: string,
  read: (params: JsonObject) => Params,
  judge: (params: Params, context: Context) => GateResult,
): GateDefinition<Params, Context> {
  return {
    kind,
    spec: (id, title, params) => ({ id, kind, title, params }),
    judge(params, context) {
      try {
        return sound(judge(read(params), context));
      } catch (error) {
        if (error instanceof ParamError) return inconclusive(`the gate's parameters are wrong: ${error.message}`);
        return inconclusive(`the gate could not be judged: ${messageOf(error)}`);
      }
    },
  };
}

/** A result without a figure: what could not be seen is never good. */
export function inconclusive(
  reason: string,
  rest: Partial<Pick<GateResult, 'measured' | 'limit' | 'uncertainty' | 'evidence'>> = {},
): GateResult {
  return {
    status: 'INCONCLUSIVE',
    measured: 'not measured',
    limit: '',
    uncertainty: '',
    value: null,
    unit: 'none',
    evidence: [],
    ...rest,
    reason,
  };
}

/** Evidence that several places are made of, each once, in the order of the journal and at most 20. */
export function evidenceOf(...places: readonly (Evidence | undefined)[]): readonly Evidence[] {
  const seen = new Map<string, Evidence>();
  for (const place of places) {
    if (place === undefined) continue;
    const { seq, index } = place;
    seen.set(`${seq}/${index ?? ''}`, index === undefined ? { seq } : { seq, index });
  }
  return [...seen.values()].sort((a, b) => a.seq - b.seq || (a.index ?? 0) - (b.index ?? 0)).slice(0, 20);
}

/** A PASS whose figure is no number is no PASS: it was reckoned from times that do not exist. */
function sound(result: GateResult): GateResult {
  if (result.status !== 'PASS') return result;
  if (result.value !== null && (!Number.isFinite(result.value) || result.value < 0)) {
    return { ...result, status: 'INCONCLUSIVE', value: null, reason: 'the measured figure is no number' };
  }
  return result;
}
