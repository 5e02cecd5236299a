import type { AlertSource, AlertState } from '../core/alert.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { World } from '../world/world.ts';

export interface PrometheusSourceOptions {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly timeoutMs?: number;
}

/** Alerts as Prometheus and Alertmanager show them at the same moment. Silenced and inhibited alerts reach nobody and are left out. */
export function prometheusSource(world: Pick<World, 'http'>, options: PrometheusSourceOptions): AlertSource {
  const { timeoutMs = 3_000 } = options;
  const prometheus = options.prometheusUrl.replace(/\/+$/, '');
  const alertmanager = options.alertmanagerUrl.replace(/\/+$/, '');

  const read = async (url: string, signal: AbortSignal): Promise<unknown> => {
    const response = await world.http.request({ url, timeoutMs, signal });
    if (response.status !== 200) throw new Error(`GET ${url}: status ${response.status}`);
    try {
      return JSON.parse(response.text());
    } catch (cause) {
      throw new Error(`GET ${url}: no JSON`, { cause });
    }
  };

  return {
    target: `Prometheus ${prometheus} and Alertmanager ${alertmanager}`,
    async poll(signal) {
      const [pending, active] = await Promise.all([
        read(`${prometheus}/api/v1/alerts`, signal),
        read(`${alertmanager}/api/v2/alerts?active=true&silenced=false&inhibited=false`, signal),
      ]);
      return { alerts: [...prometheusAlerts(pending), ...alertmanagerAlerts(active)] };
    },
    async rules(signal) {
      return ruleNames(await read(`${prometheus}/api/v1/rules?type=alert`, signal));
    },
  };
}

/** From `GET /api/v1/alerts`. Throws when it is no such answer: an empty list must mean that nothing is active. */
export function prometheusAlerts(answer: unknown): readonly AlertState[] {
  return list(dataOf(answer, 'alerts'), 'Prometheus alerts').flatMap((alert) => {
    const { state, activeAt } = alert;
    if (state === 'inactive') return [];
    if (state !== 'pending' && state !== 'firing') throw new Error('Prometheus alerts: an alert without a known state');
    return [{ ...nameAndLabels(alert), state, where: 'prometheus' as const, ...at(activeAt) }];
  });
}

/** From `GET /api/v2/alerts`. */
export function alertmanagerAlerts(answer: unknown): readonly AlertState[] {
  return list(answer, 'Alertmanager alerts').flatMap((alert) => {
    const status = isJsonObject(alert.status) ? alert.status.state : undefined;
    // `unprocessed` has not been looked at yet: it reaches nobody so far.
    if (status === 'suppressed' || status === 'unprocessed') return [];
    if (status !== 'active') throw new Error('Alertmanager alerts: an alert without a known state');
    return [
      { ...nameAndLabels(alert), state: 'firing' as const, where: 'alertmanager' as const, ...at(alert.startsAt) },
    ];
  });
}

/** From `GET /api/v1/rules?type=alert`: names of all alerting rules, each once. */
export function ruleNames(answer: unknown): readonly string[] {
  const rules = list(dataOf(answer, 'groups'), 'Prometheus rule groups').flatMap((group) =>
    list(group.rules, 'Prometheus rules'),
  );
  return [...new Set(rules.map((rule) => nameOf(rule.name, 'a rule')))].sort();
}

function dataOf(answer: unknown, key: string): unknown {
  if (!isJsonObject(answer) || answer.status !== 'success' || !isJsonObject(answer.data))
    throw new Error(`Prometheus gave no ${key}`);
  return answer.data[key];
}

function list(value: unknown, what: string): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw new Error(`${what}: not a list of objects`);
  return value;
}

function nameAndLabels(alert: JsonObject): Pick<AlertState, 'name' | 'labels'> {
  if (!isJsonObject(alert.labels)) throw new Error('an alert without labels');
  const { alertname, ...rest } = alert.labels;
  const labels = Object.entries(rest).map(([name, value]): [string, string] => {
    // Left out, the alert would be that of another node.
    if (typeof value !== 'string') throw new Error('an alert with a label that is no text');
    return [name, value];
  });
  return { name: nameOf(alertname, 'an alert'), labels: Object.fromEntries(labels) };
}

function nameOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${what} without a name`);
  return value;
}

function at(value: unknown): Pick<AlertState, 'activeAt'> {
  return typeof value === 'string' ? { activeAt: value } : {};
}
