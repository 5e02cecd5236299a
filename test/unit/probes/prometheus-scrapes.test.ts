import { describe, expect, it } from 'vitest';
import { prometheusSource } from '../../../src/probes/prometheus.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';

const signal = new AbortController().signal;
const NOW = '2026-11-21T17:40:10.000Z';
const ok = (data: unknown): Said => ({ body: JSON.stringify({ status: 'success', data }) });
const vector = (...metrics: readonly Record<string, string>[]) =>
  ok({ result: metrics.map((metric) => ({ metric, value: [1, '1'] })) });

const target = (instance: string, more: object = {}) => ({
  labels: { job: 'pg', instance, node: instance },
  health: 'up',
  lastError: '',
  lastScrape: '2026-11-21T17:40:09.500123456Z',
  lastScrapeDuration: 0.02,
  scrapeInterval: '1s',
  scrapeTimeout: '1s',
  ...more,
});
const wanted = (...instances: readonly string[]) => instances.map((instance) => ({ job: 'pg', instance }));

function source(answer: (url: string) => Said, jobs?: readonly string[]) {
  const http = scriptedHttp(({ url }) => answer(decodeURIComponent(url)));
  return { http, source: prometheusSource({ http }, { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a', jobs }) };
}

describe('how targets are scraped', () => {
  const scripted = (targets: readonly unknown[], frozen: readonly Record<string, string>[] = []) =>
    source((url) => {
      if (url.includes('/targets')) return ok({ activeTargets: targets });
      return url.endsWith('time()') ? ok({ result: [1, String(Date.parse(NOW) / 1_000)] }) : vector(...frozen);
    });

  it('tells what is up, down, stale, frozen, unknown and gone, by the clock of the server', async () => {
    const { source: alerts } = scripted(
      [
        target('a'),
        target('b', { health: 'down', lastError: 'connection refused' }),
        target('c', { lastScrape: '2026-11-21T17:40:05.900Z' }),
        target('d'),
        target('e', { health: 'unknown', lastScrape: '0001-01-01T00:00:00Z' }),
      ],
      [{ job: 'pg', instance: 'd' }],
    );
    const look = await alerts.scrapes?.(wanted('a', 'b', 'c', 'd', 'e', 'f'), signal);
    expect(look).toMatchObject({ serverAt: NOW, comparedMs: 20_000 });
    expect(look?.targets.map(({ instance, state }) => `${instance} ${state}`)).toEqual([
      'a up',
      'b down',
      'c stale',
      'd frozen',
      'e unknown',
      'f gone',
    ]);
    expect(look?.targets[0]).toMatchObject({ tookMs: 20, intervalMs: 1_000, labels: { node: 'a' }, detail: '' });
    expect(look?.targets[1]?.detail).toBe('connection refused');
  });

  it('compares values over several scrapes where they are rare, and asks for few things', async () => {
    const { http, source: alerts } = scripted([target('a', { scrapeInterval: '15s' })]);
    const targets = wanted('a');
    expect(await alerts.scrapes?.(targets, signal)).toMatchObject({ comparedMs: 75_000 });
    const before = http.asked.length;
    await alerts.scrapes?.(targets, signal);
    expect(http.asked.length - before).toBe(3);
    expect(decodeURIComponent(http.asked.at(-2)?.url ?? '')).toContain('offset 75s');
  });

  it('takes only figures about the service for life, and judges no target that has none', async () => {
    const { http, source: alerts } = scripted([target('a')]);
    await alerts.scrapes?.(wanted('a'), signal);
    const query = http.asked.map(({ url }) => decodeURIComponent(url)).find((url) => url.includes('unless')) ?? '';
    const left = new RegExp(`^(?:${/__name__!~"([^"]+)"/u.exec(query)?.[1]})$`, 'u');
    const about = [
      'pg_up',
      'pg_stat_database_xact_commit',
      'haproxy_process_uptime_seconds',
      'redis_uptime_in_seconds',
    ];
    const itself = [
      ...['up', 'scrape_duration_seconds', 'go_goroutines', 'process_cpu_seconds_total', 'python_gc_objects_total'],
      ...['promhttp_metric_handler_requests_total', 'pg_exporter_scrapes_total', 'redis_exporter_scrapes_total'],
      ...['pg_scrape_collector_duration_seconds', 'node_scrape_collector_success'],
      ...['redis_exporter_last_scrape_duration_seconds', 'haproxy_exporter_total_scrapes'],
    ];
    expect(about.filter((name) => left.test(name))).toEqual([]);
    expect(itself.filter((name) => !left.test(name))).toEqual([]);
    // A target without any figure of the service gives nothing to compare.
    expect(query).toMatch(/ and count by \(job,instance\) \(label_replace\(.+ unless /u);
  });

  it.each([{ fails: 'refused' } as const, { body: '<html>' }, { body: '{}' }])('%o: rejects', async (said) => {
    const { source: alerts } = source(() => said);
    await expect(alerts.scrapes?.(wanted('a'), signal)).rejects.toThrow(Error);
  });
});

describe('what stands behind the alerts', () => {
  const RULES = ok({
    groups: [
      {
        interval: 15,
        rules: [
          { name: 'PgDown', query: 'up{job="pg"} unless on (node) (pg_up == 1)', duration: 60 },
          { name: 'Other', query: 'x', duration: 0 },
        ],
      },
    ],
  });
  const question = { rules: ['PgDown'], nodes: [{ node: 'a' }] };

  it('names rules, the series that they read, their targets and group_wait', async () => {
    const { source: alerts } = source(
      (url) => {
        if (url.includes('/rules')) return RULES;
        if (url.includes('/targets'))
          return ok({ activeTargets: [target('x', { labels: { job: 'api', instance: 'x' } }), target('a')] });
        if (url.includes('/status'))
          return { body: JSON.stringify({ config: { original: 'route:\n  receiver: all\n  group_wait: 10s\n' } }) };
        return url.includes('pg_up')
          ? vector()
          : vector({ job: 'pg', instance: 'a', node: 'a' }, { job: 'pg', instance: 'z', node: 'z' });
      },
      ['api'],
    );
    expect(await alerts.survey?.(question, signal)).toEqual({
      rules: [
        { name: 'PgDown', query: 'up{job="pg"} unless on (node) (pg_up == 1)', forMs: 60_000, intervalMs: 15_000 },
      ],
      inputs: [
        { rule: 'PgDown', selector: 'up{job="pg"}', series: 2 },
        { rule: 'PgDown', selector: 'pg_up', series: 0 },
      ],
      targets: [
        { job: 'pg', instance: 'a' },
        { job: 'api', instance: 'x' },
      ],
      groupWaits: [{ receiver: 'all', waitMs: 10_000 }],
      problems: [],
    });
  });

  it('says what could not be read, and goes on with the rest', async () => {
    const { source: alerts } = source((url) => (url.includes('/rules') ? RULES : { fails: 'refused' }));
    const seen = await alerts.survey?.(question, signal);
    expect(seen?.rules).toHaveLength(1);
    expect(seen).toMatchObject({ inputs: [], targets: [], groupWaits: [] });
    expect(seen?.problems.join('; ')).toMatch(/group_wait of Alertmanager could not be read.*the series pg_up/u);
  });
});
