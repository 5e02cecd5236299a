import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeRef } from '../core/node.ts';
import type { AlertExpectation, Check, Drill } from '../core/scenario.ts';
import { type AlertingTimes, type AlertTimes, readAlertingTimes } from '../probes/alert-times.ts';
import type { World } from '../world/world.ts';
import { okCheck } from './evidence.ts';
import { type Part, sumText, totalMs } from './sums.ts';

const TIMEOUT_MS = 5_000;
const NAME = 'alerts in time';

/** The same drill, which also looks before the fault whether its alerts can come in time at all. */
export function withAlertPreflight<Bound extends Drill>(
  world: Pick<World, 'http'>,
  drill: Bound,
  urls: { readonly prometheusUrl: string; readonly alertmanagerUrl: string },
): Bound {
  const { id, alerts, nodes } = drill.plan;
  if (alerts.length === 0) return drill;
  return {
    ...drill,
    async preflight(signal: AbortSignal) {
      const [own, times] = await Promise.all([
        drill.preflight(signal),
        readAlertingTimes(world, urls, TIMEOUT_MS, signal).catch((error: unknown) => ({ error: messageOf(error) })),
      ]);
      const inTime = 'error' in times ? [unread(times.error)] : judgeAlertTimes(alerts, times);
      return [...own, ...inTime, ...unlabelled(id, nodes)];
    },
  };
}

/** No labels are carried by every alert: one that fires for another node would count. */
function unlabelled(id: string, nodes: readonly NodeRef[]): readonly Check[] {
  const names = nodes.filter(({ labels }) => Object.keys(labels).length === 0).map(({ name }) => name);
  if (names.length === 0) return [];
  const list = names.join(', ');
  return [
    {
      name: 'alert labels',
      status: 'warning',
      detail: `${list}: no labels are set, so that an alert of any node counts for ${names.length === 1 ? 'it' : 'them'}`,
      hint: `set labels of ${list} in scenarios.${id} as the alert carries them, like labels: { node: ${names[0]} }`,
    },
  ];
}

function unread(error: string): Check {
  return {
    name: NAME,
    status: 'warning',
    detail: `whether the alerts can come in time is not known: ${error}`,
    hint: 'start Prometheus and Alertmanager, or correct their URLs: without them the alert gates are INCONCLUSIVE',
  };
}

/** One check an expected alert. A rule that does not exist is for the gate to judge: nothing is added up for it. */
export function judgeAlertTimes(alerts: readonly AlertExpectation[], times: AlertingTimes): readonly Check[] {
  const limits = new Map<string, number>();
  for (const { name, withinMs } of alerts) limits.set(name, Math.min(withinMs, limits.get(name) ?? withinMs));
  return [...limits].flatMap(([name, limitMs]) => {
    const rules = times.alerts.filter((one) => one.name === name);
    // The quickest of several rules of one name is the one that fires first.
    const [rule] = [...rules].sort((a, b) => totalMs(partsOf(a, times)) - totalMs(partsOf(b, times)));
    return rule === undefined ? [] : [judgeRule(rule, times, limitMs)];
  });
}

function judgeRule(rule: AlertTimes, times: AlertingTimes, limitMs: number): Check {
  const detail = `${rule.name}: ${sumText(partsOf(rule, times), limitMs)}`;
  const hint = `shorten what is longest: scrape_interval and evaluation_interval of Prometheus, for of ${rule.name}, group_wait of Alertmanager`;
  const target = `the limit of ${formatDuration(limitMs)}`;
  const leastMs = holdMs(rule) + times.delivery.leastMs;
  if (leastMs >= limitMs)
    return { name: NAME, status: 'unattainable', detail: `${detail}: ${target} cannot be met`, hint };
  if (totalMs(partsOf(rule, times)) >= limitMs)
    return { name: NAME, status: 'warning', detail: `${detail}: ${target} may be missed`, hint };
  return okCheck(NAME, detail);
}

/** At worst: the fault comes right after a scrape, and the scrape right after an evaluation. */
function partsOf(rule: AlertTimes, { delivery }: AlertingTimes): readonly Part[] {
  return [
    ...(rule.scrapeMs === undefined ? [] : [{ name: 'scrape', ms: rule.scrapeMs }]),
    { name: 'evaluation', ms: rule.evaluationMs },
    { name: 'for', ms: holdMs(rule) },
    { name: 'group_wait', ms: delivery.mostMs },
  ];
}

/** `for` is looked at by each evaluation: 5 s at an interval of 15 s are 15 s. */
function holdMs({ forMs, evaluationMs }: AlertTimes): number {
  return evaluationMs > 0 ? Math.ceil(forMs / evaluationMs) * evaluationMs : forMs;
}
