import type { AlertSource, ScrapeState } from '../../../src/core/alert.ts';
import type { SimField } from '../../support/sim-field.ts';
import type { SessionPlan } from './plan.ts';

/** Set to end a drill, where the plan says so. */
export const STOP_ALERT = 'Overheated';
const TARGET = { job: 'sim', instance: 'one' };
const SCRAPED: ScrapeState = {
  ...TARGET,
  labels: {},
  state: 'up',
  detail: '',
  lastScrape: '2026-01-01T00:00:00.000Z',
  tookMs: 5,
  intervalMs: 1_000,
};

/** The alert servers of one session: those of the cluster, an alarm that a blow sets off, and what stands behind the alerts. */
export class AlertServers {
  private readonly plan: SessionPlan;
  private readonly field: SimField;
  private alarmUntilMs = Number.NEGATIVE_INFINITY;

  constructor(plan: SessionPlan, field: SimField) {
    this.plan = plan;
    this.field = field;
  }

  alarm(untilMs: number): void {
    this.alarmUntilMs = untilMs;
  }

  /** Undefined where the plan has none. */
  source(nowMs: () => number): AlertSource | undefined {
    if (!this.plan.alerts) return undefined;
    const source = this.field.cluster.alertSource();
    return {
      ...source,
      poll: async (signal) => {
        const { alerts } = await source.poll(signal);
        if (nowMs() > this.alarmUntilMs) return { alerts };
        return { alerts: [...alerts, { name: STOP_ALERT, labels: {}, state: 'firing', where: 'prometheus' }] };
      },
      ...(this.plan.metrics ? BEHIND : {}),
    };
  }
}

const BEHIND: Pick<AlertSource, 'survey' | 'scrapes'> = {
  survey: async ({ rules }) => ({
    rules: rules.map((name) => ({ name, query: 'up == 0', forMs: 1_000, intervalMs: 1_000 })),
    inputs: rules.map((rule) => ({ rule, selector: 'up', series: 1 })),
    targets: [TARGET],
    groupWaits: [],
    problems: [],
  }),
  scrapes: async () => ({ serverAt: SCRAPED.lastScrape, comparedMs: 0, targets: [SCRAPED] }),
};
