import type { AlertRule, AlertSurvey, GroupWait, RuleInput, ScrapeTarget, SurveyQuestion } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { groupWaits } from './alertmanager-routes.ts';
import { dataOf, nameOf, objectsOf, vectorOf } from './prometheus-json.ts';
import { type Ask, targetsOf } from './prometheus-scrapes.ts';
import { selectorsOf } from './promql.ts';

/** A rule that reads more than this is looked at in part. */
const MOST_SELECTORS = 6;

/** What the expected alerts are made of: their rules, the series these read, and what is scraped for them. */
export async function surveyAlerts(
  prometheus: Ask,
  alertmanager: Ask,
  question: SurveyQuestion,
  jobs: readonly string[],
): Promise<AlertSurvey> {
  const problems: string[] = [];
  const part = async <T>(what: string, nothing: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      problems.push(`${what} could not be read: ${messageOf(error)}`);
      return nothing;
    }
  };
  const [rules, waits, own] = await Promise.all([
    part<readonly AlertRule[]>('the alert rules', [], async () =>
      rulesOf(await prometheus('api/v1/rules?type=alert')).filter((rule) => question.rules.includes(rule.name)),
    ),
    part<readonly GroupWait[]>('group_wait of Alertmanager', [], async () =>
      waitsOf(await alertmanager('api/v2/status')),
    ),
    part<readonly ScrapeTarget[]>('the targets of Prometheus', [], async () =>
      jobs.length === 0 ? [] : targetsIn(jobs, await prometheus('api/v1/targets?state=active')),
    ),
  ]);
  const pairs = rules.flatMap((rule) =>
    selectorsOf(rule.query)
      .slice(0, MOST_SELECTORS)
      .map((selector) => ({ rule: rule.name, selector })),
  );
  const read = await Promise.all(
    [...new Set(pairs.map((pair) => pair.selector))].map(async (selector) => ({
      selector,
      found: await part(`the series ${selector}`, undefined, () => seriesOf(prometheus, selector, question.nodes)),
    })),
  );
  const inputs = pairs.flatMap(({ rule, selector }): RuleInput[] => {
    const found = read.find((one) => one.selector === selector)?.found;
    return found === undefined ? [] : [{ rule, selector, series: found.series }];
  });
  const targets = [...read.flatMap((one) => one.found?.targets ?? []), ...own];
  return { rules, inputs, targets: unique(targets), groupWaits: waits, problems };
}

/** From `GET /api/v1/rules?type=alert`. */
export function rulesOf(answer: unknown): readonly AlertRule[] {
  return objectsOf(dataOf(answer, 'groups'), 'Prometheus rule groups').flatMap((group) =>
    objectsOf(group.rules, 'Prometheus rules').map((rule) => ({
      name: nameOf(rule.name, 'a rule'),
      query: typeof rule.query === 'string' ? rule.query : '',
      forMs: msOf(rule.duration),
      intervalMs: msOf(group.interval),
    })),
  );
}

/** How many series there are, and what they are scraped from: of the drill's nodes, where series name any of them. */
async function seriesOf(
  ask: Ask,
  selector: string,
  nodes: SurveyQuestion['nodes'],
): Promise<{ readonly series: number; readonly targets: readonly ScrapeTarget[] }> {
  const names = [...new Set(['job', 'instance', ...nodes.flatMap((labels) => Object.keys(labels))])];
  const groups = vectorOf(
    await ask(`api/v1/query?query=${encodeURIComponent(`count by (${names.join(',')}) (${selector})`)}`),
  );
  const ofNodes = groups.filter(({ labels }) =>
    nodes.some((node) => Object.keys(node).length > 0 && Object.entries(node).every(([k, v]) => labels[k] === v)),
  );
  const targets = (ofNodes.length > 0 ? ofNodes : groups).flatMap(({ labels: { job, instance } }) =>
    job === undefined || instance === undefined ? [] : [{ job, instance }],
  );
  return { series: groups.reduce((sum, group) => sum + group.value, 0), targets };
}

function targetsIn(jobs: readonly string[], answer: unknown): readonly ScrapeTarget[] {
  return targetsOf(answer)
    .filter((target) => jobs.includes(target.job))
    .map(({ job, instance }) => ({ job, instance }));
}

function waitsOf(answer: unknown): readonly GroupWait[] {
  const config = isJsonObject(answer) && isJsonObject(answer.config) ? answer.config.original : undefined;
  if (typeof config !== 'string') throw new Error('its status holds no configuration');
  return groupWaits(config);
}

function unique(targets: readonly ScrapeTarget[]): readonly ScrapeTarget[] {
  return [...new Map(targets.map((target) => [JSON.stringify([target.job, target.instance]), target])).values()];
}

/** Prometheus gives durations in seconds. */
function msOf(seconds: unknown): number {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1_000 : 0;
}
