import type { z } from 'zod';
import type { Drill, ScenarioPlan } from '../core/scenario.ts';
import { data } from '../verdict/gates/data.ts';
import { kept } from '../verdict/gates/kept.ts';
import { type ScenarioDeps, type ScenarioFactory, secondNamespace } from './scenario.ts';

/**
 * Binds a scenario once more, as the drill that repeats its fault on the nodes that survived the first one. Settings,
 * probes and gates are the scenario's own; what the first strike was promised has to outlive the second as well.
 */
export async function bindSecondStrike<Schema extends z.ZodType, Bound extends Drill>(
  factory: ScenarioFactory<Schema, Bound>,
  settings: z.output<Schema>,
  deps: ScenarioDeps<Bound>,
  first: Bound,
): Promise<Drill> {
  const own = deps.namespace === undefined ? {} : { namespace: secondNamespace(deps.namespace) };
  const drill = await factory.bind(settings, { ...deps, ...own, first });
  return { ...drill, plan: repeated(drill.plan) };
}

function repeated(plan: ScenarioPlan): ScenarioPlan {
  const keeping = plan.gates.flatMap(({ kind, params }) =>
    kind === data.kind && typeof params.ledger === 'string'
      ? [
          kept.spec(`kept-${params.ledger}`, `what was acknowledged in the first strike is still there`, {
            ledger: params.ledger,
            maxLost: typeof params.maxLost === 'number' ? params.maxLost : null,
          }),
        ]
      : [],
  );
  return {
    ...plan,
    id: `${plan.id}-2`,
    secondOf: plan.id,
    title: `${plan.title}, second strike`,
    purpose: `Once the stack calls itself healthy, the same again on the nodes that survived: a stack that only looks healed fails here. ${plan.purpose}`,
    gates: [...plan.gates, ...keeping],
  };
}
