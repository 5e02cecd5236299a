import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import { configSchema, type ScenarioSchema } from './schema.ts';

/** JSON Schema of gameday.yaml as people write it (durations as text, defaults left out). */
export function configJsonSchema(scenarios: readonly ScenarioSchema[]): JsonObject {
  const schema = z.toJSONSchema(configSchema(scenarios), { io: 'input', unrepresentable: 'any' });
  return { title: 'gameday.yaml', ...(JSON.parse(JSON.stringify(schema)) as JsonObject) };
}
