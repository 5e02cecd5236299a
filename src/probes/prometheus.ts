import type { AlertSource, AlertState, ScrapeTarget, SuppressedBy } from '../core/alert.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { World } from '../world/world.ts';
import { dataOf, labelsOf, nameOf, objectsOf } from './prometheus-json.ts';
import { comparedFor, lookAtScrapes } from './prometheus-scrapes.ts';
import { surveyAlerts } from './prometheus-survey.ts';

export interface PrometheusSourceOptions {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** Jobs that are looked at in every drill, whatever its alerts read: those of the API itself. */
  readonly jobs?: readonly string[];
  readonly timeoutMs?: number;
}

/** Alerts as Prometheus and Alertmanager show them at the same moment. */
export function prometheusSource(world: Pick<World, 'http'>, options: PrometheusSourceOptions): AlertSource {
  const { timeoutMs = 3_000, jobs = [] } = options;
  const prometheus = options.prometheusUrl.replace(/\/+$/, '');
  const alertmanager = options.alertmanagerUrl.replace(/\/+$/, '');
  let compared: { readonly of: readonly ScrapeTarget[]; readonly ms: number } | undefined;

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
      const [pending, held] = await Promise.all([
        read(`${prometheus}/api/v1/alerts`, signal),
        read(`${alertmanager}/api/v2/alerts?active=true&silenced=true&inhibited=true`, signal),
      ]);
      return { alerts: [...prometheusAlerts(pending), ...alertmanagerAlerts(held)] };
    },
    async rules(signal) {
      return ruleNames(await read(`${prometheus}/api/v1/rules?type=alert`, signal));
    },
    survey: (question, signal) =>
      surveyAlerts(
        (path) => read(`${prometheus}/${path}`, signal),
        (path) => read(`${alertmanager}/${path}`, signal),
        question,
        jobs,
      ),
    async scrapes(targets, signal) {
      const ask = (path: string) => read(`${prometheus}/${path}`, signal);
      // How often each is scraped is asked once.
      if (compared?.of !== targets)
        compared = { of: targets, ms: comparedFor(await ask('api/v1/targets?state=active'), targets) };
      return lookAtScrapes(ask, targets, compared.ms);
    },
  };
}

/** From `GET /api/v1/alerts`. Throws when it is no such answer: an empty list must mean that nothing is active. */
export function prometheusAlerts(answer: unknown): readonly AlertState[] {
  return objectsOf(dataOf(answer, 'alerts'), 'Prometheus alerts').flatMap((alert) => {
    const { state, activeAt } = alert;
    if (state === 'inactive') return [];
    if (state !== 'pending' && state !== 'firing') throw new Error('Prometheus alerts: an alert without a known state');
    return [{ ...nameAndLabels(alert), state, where: 'prometheus' as const, ...at(activeAt) }];
  });
}

/** From `GET /api/v2/alerts`. One that is silenced or inhibited is there, and reaches nobody. */
export function alertmanagerAlerts(answer: unknown): readonly AlertState[] {
  const all = objectsOf(answer, 'Alertmanager alerts');
  return all.flatMap((alert): AlertState[] => {
    const status = isJsonObject(alert.status) ? alert.status : {};
    const { state } = status;
    // Not looked at yet: it reaches nobody so far.
    if (state === 'unprocessed') return [];
    if (state !== 'active' && state !== 'suppressed')
      throw new Error('Alertmanager alerts: an alert without a known state');
    const { updatedAt, receivers } = alert;
    return [
      {
        ...nameAndLabels(alert),
        state: state === 'active' ? 'firing' : 'suppressed',
        where: 'alertmanager',
        ...at(alert.startsAt),
        ...(typeof updatedAt === 'string' ? { receivedAt: updatedAt } : {}),
        ...(Array.isArray(receivers) ? { receivers: namesOf(receivers) } : {}),
        ...(state === 'suppressed' ? { suppressedBy: suppressorsOf(status, all) } : {}),
      },
    ];
  });
}

/** Alertmanager names the alerts that inhibit by their fingerprints. */
function suppressorsOf({ silencedBy, inhibitedBy }: JsonObject, all: readonly JsonObject[]): SuppressedBy {
  const alerts = textsIn(inhibitedBy).map((fingerprint) => {
    const source = all.find((one) => one.fingerprint === fingerprint);
    const name = isJsonObject(source?.labels) ? source.labels.alertname : undefined;
    return typeof name === 'string' ? name : fingerprint;
  });
  return { silences: textsIn(silencedBy), alerts };
}

function namesOf(receivers: readonly unknown[]): readonly string[] {
  return receivers.flatMap((one) => (isJsonObject(one) && typeof one.name === 'string' ? [one.name] : []));
}

/** From `GET /api/v1/rules?type=alert`: names of all alerting rules, each once. */
export function ruleNames(answer: unknown): readonly string[] {
  const rules = objectsOf(dataOf(answer, 'groups'), 'Prometheus rule groups').flatMap((group) =>
    objectsOf(group.rules, 'Prometheus rules'),
  );
  return [...new Set(rules.map((rule) => nameOf(rule.name, 'a rule')))].sort();
}

function nameAndLabels(alert: JsonObject): Pick<AlertState, 'name' | 'labels'> {
  const { alertname, ...labels } = labelsOf(alert.labels, 'an alert');
  return { name: nameOf(alertname, 'an alert'), labels };
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function at(value: unknown): Pick<AlertState, 'activeAt'> {
  return typeof value === 'string' ? { activeAt: value } : {};
}
