import type { LoadedConfig } from '../config/load.ts';
import { isJsonObject } from '../core/json.ts';
import type { Drill } from '../core/scenario.ts';
import type { AbortLimits } from '../engine/abort-limits.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { BAD_RUN_MS } from './session-started.ts';

/** The components of the API's health as the demo API names them, and as scenario E expects `messages`. */
const COMPONENTS: Readonly<Record<string, string>> = {
  database: 'postgres',
  cache: 'redis',
  objects: 'minio',
  messages: 'rabbitmq',
};

/**
 * What ends a drill at once, from the configuration. A drill that passes has no run of errors as long as `limits.badRun`:
 * twice that ends it.
 */
export function abortLimits({ config }: LoadedConfig, drills: readonly Pick<Drill, 'plan'>[]): AbortLimits {
  const { abort, limits, scenarios } = config;
  return {
    errorRunMs: abort.errorRun ?? 2 * (limits.badRun ?? BAD_RUN_MS),
    errors: abort.errors,
    alerts: abort.alerts,
    components: abort.components ?? COMPONENTS,
    needs: { ...needsOf(scenarios), ...Object.fromEntries(drills.map(({ plan }) => [plan.stack, plan.needs])) },
  };
}

/** What the file says of every scenario's needs, chosen or not. */
function needsOf(scenarios: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(scenarios).flatMap(([id, settings]) => {
      const stack = SCENARIOS.find((one) => one.id === id)?.stack;
      const needs = isJsonObject(settings) ? settings.needs : undefined;
      return stack !== undefined && Array.isArray(needs) ? [[stack, needs.map(String)]] : [];
    }),
  );
}
