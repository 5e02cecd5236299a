import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alertmanagerConfig, alertRules, prometheusConfig } from '../../../src/lab/prometheus.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

function rules(tuned: boolean): Rule[] {
  return (parse(alertRules({ tuned })) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

describe('prometheusConfig', () => {
  const config = parse(
    prometheusConfig({
      scrapes: [
        { job: 'minio', node: 'minio-1', target: '127.0.0.1:1' },
        { job: 'redis', node: 'redis-1', target: '127.0.0.1:2' },
        { job: 'minio', node: 'minio-2', target: '127.0.0.1:3', path: '/other' },
      ],
      rulesFile: "/a folder/it's: rules.yml",
      alertmanager: '127.0.0.1:4',
    }),
  );

  it('has one job a stack, and the label node on every target', () => {
    const target = (address: string, node: string, path: string): object => ({
      targets: [address],
      labels: { node, __metrics_path__: path },
    });
    expect(config.scrape_configs).toEqual([
      {
        job_name: 'minio',
        static_configs: [
          target('127.0.0.1:1', 'minio-1', '/minio/v2/metrics/node'),
          target('127.0.0.1:3', 'minio-2', '/other'),
        ],
      },
      { job_name: 'redis', static_configs: [target('127.0.0.1:2', 'redis-1', '/metrics')] },
    ]);
  });

  it('looks each second', () => {
    expect(config.global).toEqual({ scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' });
  });

  it('keeps paths with blanks and quotes whole', () => {
    expect(config.rule_files).toEqual(["/a folder/it's: rules.yml"]);
  });
});

describe('alertRules', () => {
  it('has the alerts that the drills expect, each with a severity', () => {
    expect(rules(true).map((rule) => [rule.alert, rule.labels.severity])).toEqual([
      ['PostgresNodeDown', 'critical'],
      ['RedisNodeDown', 'critical'],
      ['MinioNodeDown', 'critical'],
      ['HaproxyBackendDown', 'critical'],
      ['RabbitmqDown', 'critical'],
      ['ApiComponentDegraded', 'warning'],
    ]);
  });

  it('waits 5 s when tuned and 15 s otherwise', () => {
    expect(new Set(rules(true).map((rule) => rule.for))).toEqual(new Set(['5s']));
    expect(new Set(rules(false).map((rule) => rule.for))).toEqual(new Set(['15s']));
  });

  it('names a runbook that is there for each drill', () => {
    const runbooks = rules(true).flatMap(({ annotations }) => annotations.runbook ?? []);
    expect(runbooks).toHaveLength(5);
    expect(runbooks.filter((runbook) => !existsSync(runbook))).toEqual([]);
  });
});

describe('alertmanagerConfig', () => {
  it('groups by alert and node, waits for nothing and tells nobody', () => {
    const config = parse(alertmanagerConfig());
    expect(config.route).toMatchObject({ receiver: 'none', group_by: ['alertname', 'node'], group_wait: '0s' });
    expect(config.receivers).toEqual([{ name: 'none' }]);
  });
});
