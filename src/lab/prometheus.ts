/** Prometheus and Alertmanager in the lab: what is scraped, when an alert fires, and where it goes. */

/** The alert rules know a stack by its job's name. */
export type ScrapeJob = 'postgres' | 'redis' | 'minio' | 'haproxy' | 'rabbitmq' | 'api';

export interface Scrape {
  readonly job: ScrapeJob;
  /** The lab node whose health this shows; for an exporter the node behind it. Becomes the label `node`. */
  readonly node: string;
  /** `127.0.0.1:9187` */
  readonly target: string;
  /** Default: `/metrics`, for MinIO the path of a node's own metrics. */
  readonly path?: string;
}

export interface PrometheusOptions {
  readonly scrapes: readonly Scrape[];
  /** Path of the file with `alertRules()`. */
  readonly rulesFile: string;
  /** `127.0.0.1:9093` */
  readonly alertmanager: string;
}

/** The text of prometheus.yml. Everything is scraped and evaluated each second, so that alerts are timed to a second. */
export function prometheusConfig(options: PrometheusOptions): string {
  const jobs = [...new Set(options.scrapes.map((scrape) => scrape.job))];
  return `# Written by gameday's lab.
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s

rule_files:
  - ${quoted(options.rulesFile)}

alerting:
  alertmanagers:
    - static_configs:
        - targets: [${quoted(options.alertmanager)}]

scrape_configs:
${jobs.map((job) => scrapeConfig(job, options.scrapes)).join('')}`;
}

function scrapeConfig(job: ScrapeJob, all: readonly Scrape[]): string {
  const targets = all
    .filter((scrape) => scrape.job === job)
    .map(
      ({ node, target, path = defaultPath(job) }) => `      - targets: [${quoted(target)}]
        labels: { node: ${quoted(node)}, __metrics_path__: ${quoted(path)} }
`,
    );
  return `  - job_name: ${job}
    static_configs:
${targets.join('')}`;
}

function defaultPath(job: ScrapeJob): string {
  return job === 'minio' ? '/minio/v2/metrics/node' : '/metrics';
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  /** Name of the file in `runbooks/`, for an alert that has one. */
  readonly runbook?: string;
}

/**
 * A node is down unless its metrics say that it is up. Where the metric is missing, because the exporter is gone too or
 * was never able to ask, `unless` finds nothing to hold against the alert, and it fires.
 */
const RULES: readonly Rule[] = [
  {
    alert: 'PostgresNodeDown',
    expr: 'up{job="postgres"} unless on (node) (pg_up{job="postgres"} == 1)',
    severity: 'critical',
    summary: 'Postgres node {{ $labels.node }} does not answer',
    runbook: 'a-postgres-failover.md',
  },
  {
    alert: 'RedisNodeDown',
    expr: 'up{job="redis"} unless on (node) (redis_up{job="redis"} == 1)',
    severity: 'critical',
    summary: 'Redis node {{ $labels.node }} does not answer',
    runbook: 'b-redis-sentinel-failover.md',
  },
  {
    // Not built on MinIO's cluster metrics: those are up to 10 s old, and a dead node cannot tell about itself.
    alert: 'MinioNodeDown',
    expr: 'up{job="minio"} == 0',
    severity: 'critical',
    summary: 'MinIO node {{ $labels.node }} does not answer',
    runbook: 'c-minio-two-node-kill.md',
  },
  {
    // The second half keeps the label of the balancer's own node: then nothing is known about any server.
    alert: 'HaproxyBackendDown',
    expr:
      'label_replace(haproxy_server_status{job="haproxy", proxy="api", state="UP"} == 0, "node", "$1", "server", "(.+)")' +
      ' or (up{job="haproxy"} unless on (job) haproxy_server_status{job="haproxy", proxy="api", state="UP"})',
    severity: 'critical',
    summary: 'HAProxy does not see {{ $labels.node }} up',
    runbook: 'd-haproxy-backend-kill.md',
  },
  {
    alert: 'RabbitmqDown',
    expr: 'up{job="rabbitmq"} == 0',
    severity: 'critical',
    summary: 'RabbitMQ node {{ $labels.node }} does not answer',
    runbook: 'e-rabbitmq-outage.md',
  },
  {
    alert: 'ApiComponentDegraded',
    expr: 'component_up{job="api"} == 0 or component_degraded{job="api"} == 1',
    severity: 'warning',
    summary: '{{ $labels.node }} goes on without all of its {{ $labels.component }}',
  },
];

/** The text of the rules file. `tuned: false` waits 15 s where a tuned lab waits 5 s before an alert fires. */
export function alertRules({ tuned }: { readonly tuned: boolean }): string {
  return `# Written by gameday's lab.
groups:
  - name: gameday
    rules:
${RULES.map((rule) => ruleText(rule, tuned ? '5s' : '15s')).join('')}`;
}

function ruleText(rule: Rule, holdFor: string): string {
  const runbook = rule.runbook === undefined ? '' : `          runbook: ${quoted(`runbooks/${rule.runbook}`)}\n`;
  return `      - alert: ${rule.alert}
        expr: ${quoted(rule.expr)}
        for: ${holdFor}
        labels:
          severity: ${rule.severity}
        annotations:
          summary: ${quoted(rule.summary)}
${runbook}`;
}

/** The text of alertmanager.yml: one receiver that tells nobody, since the drills read the alerts from the API. */
export function alertmanagerConfig(): string {
  return `# Written by gameday's lab.
route:
  receiver: none
  group_by: [alertname, node]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: none
`;
}

/** A YAML scalar in single quotes, in which only the quote itself is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
