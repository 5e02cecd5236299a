import { isJsonObject } from '../../core/json.ts';
import type { Condition } from '../../core/scenario.ts';
import { LOOPBACK } from '../blueprint.ts';
import { type Lab, nodeNamed, portOf } from '../lab.ts';
import { nodesUp } from './simple.ts';

const ANSWER_MS = 1_000;

/** Prometheus has scraped every target with success, so that no alert rests on a first look that is still to come. */
export async function monitoringHealth(lab: Lab): Promise<Condition> {
  const up = await nodesUp(lab, 'monitoring');
  if (!up.ok) return up;
  const url = `http://${LOOPBACK}:${portOf(nodeNamed(lab, 'prometheus'), 'http')}/api/v1/targets?state=active`;
  const response = await lab.world.http.request({ url, timeoutMs: ANSWER_MS, signal: lab.signal });
  const body: unknown = JSON.parse(response.text());
  const data = isJsonObject(body) && isJsonObject(body.data) ? body.data.activeTargets : undefined;
  const targets = Array.isArray(data) ? data.filter(isJsonObject) : [];
  const waiting = targets.find((target) => target.health !== 'up');
  if (targets.length === 0) return { ok: false, detail: 'Prometheus has no targets yet' };
  if (waiting !== undefined) {
    const node = isJsonObject(waiting.labels) ? String(waiting.labels.node) : 'a target';
    return {
      ok: false,
      detail: `${node} is ${String(waiting.health)} in Prometheus ${String(waiting.lastError)}`.trim(),
    };
  }
  return { ok: true, detail: `${targets.length} targets up` };
}
