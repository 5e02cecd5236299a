import type { LoadedConfig } from '../config/load.ts';
import type { Check } from '../core/scenario.ts';

/** What follows where alerts cannot be read. */
export const UNSEEN_HINT = 'the drills can run, their alert gates will be INCONCLUSIVE';

type Configured = Pick<LoadedConfig['config'], 'prometheus' | 'alertmanager'>;

/** Where alerts are looked for: a firing one is timed in Alertmanager and explained by Prometheus, so it takes both. */
export function alertServers({ prometheus, alertmanager }: Configured) {
  if (prometheus === undefined || alertmanager === undefined) return undefined;
  const { url, jobs } = prometheus;
  return { prometheusUrl: url, alertmanagerUrl: alertmanager.url, jobs };
}

/** Which of the two is not configured, for people; undefined where both are. */
export function missingAlertServers({ prometheus, alertmanager }: Configured): string | undefined {
  if (prometheus !== undefined && alertmanager !== undefined) return undefined;
  if (prometheus !== undefined) return 'prometheus is configured, and alertmanager is not';
  if (alertmanager !== undefined) return 'alertmanager is configured, and prometheus is not';
  return 'prometheus and alertmanager are not configured';
}

/** Without both a session can run, and its gate of alerts says nothing: whoever begins it must know. */
export function unseenAlerts(config: Configured): Check | undefined {
  const detail = missingAlertServers(config);
  return detail === undefined ? undefined : { name: 'alerts', status: 'warning', detail, hint: UNSEEN_HINT };
}
