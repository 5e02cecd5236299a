import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertmanagerAlerts, prometheusAlerts, prometheusSource, ruleNames } from '../../../src/probes/prometheus.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const signal = new AbortController().signal;
const firing = {
  labels: { alertname: 'RedisNodeDown', node: 'redis-1' },
  state: 'firing',
  activeAt: '2026-11-20T09:30:00Z',
};
const ok = (data: unknown) => ({ status: 'success', data });

describe('Prometheus and Alertmanager', () => {
  it('reads both at once, and asks Alertmanager for what it holds back too', async () => {
    const http = scriptedHttp(({ url }) => ({
      body: JSON.stringify(
        url.includes('/api/v1/')
          ? ok({ alerts: [firing, { ...firing, state: 'inactive' }] })
          : [
              {
                labels: firing.labels,
                startsAt: 'S',
                updatedAt: 'U',
                receivers: [{ name: 'team' }],
                status: { state: 'active' },
              },
            ],
      ),
    }));
    const source = prometheusSource({ http }, { prometheusUrl: 'http://p/', alertmanagerUrl: 'http://a' });
    expect((await source.poll(signal)).alerts).toEqual([
      {
        name: 'RedisNodeDown',
        labels: { node: 'redis-1' },
        state: 'firing',
        where: 'prometheus',
        activeAt: firing.activeAt,
      },
      {
        name: 'RedisNodeDown',
        labels: { node: 'redis-1' },
        state: 'firing',
        where: 'alertmanager',
        activeAt: 'S',
        receivedAt: 'U',
        receivers: ['team'],
      },
    ]);
    expect(http.asked.map((request) => request.url)).toEqual([
      'http://p/api/v1/alerts',
      'http://a/api/v2/alerts?active=true&silenced=true&inhibited=true',
    ]);
    expect(source.target).toBe('Prometheus http://p and Alertmanager http://a');
  });

  it('says what is silenced or inhibited, and by what; what was not looked at yet is left out', () => {
    const other = { fingerprint: 'f1', labels: { alertname: 'SiteDown' }, status: { state: 'active' } };
    const silenced = { labels: firing.labels, status: { state: 'suppressed', silencedBy: ['s1'], inhibitedBy: [] } };
    const inhibited = { labels: firing.labels, status: { state: 'suppressed', inhibitedBy: ['f1', 'f2'] } };
    const unseen = { labels: firing.labels, status: { state: 'unprocessed' } };
    const [one, two, three] = alertmanagerAlerts([silenced, inhibited, other, unseen]);
    expect(one).toMatchObject({ state: 'suppressed', suppressedBy: { silences: ['s1'], alerts: [] } });
    expect(two).toMatchObject({ state: 'suppressed', suppressedBy: { silences: [], alerts: ['SiteDown', 'f2'] } });
    expect(three).toEqual({ name: 'SiteDown', labels: {}, state: 'firing', where: 'alertmanager' });
    expect(alertmanagerAlerts([unseen])).toEqual([]);
  });

  it('lists the names of rules, each once', () => {
    expect(ruleNames(ok({ groups: [{ rules: [{ name: 'B' }, { name: 'A' }] }, { rules: [{ name: 'A' }] }] }))).toEqual([
      'A',
      'B',
    ]);
  });

  it.each([
    ['a server that is gone', { fails: 'refused' }],
    ['an error page', { status: 503, body: 'no' }],
    ['something that is no JSON', { body: '<html>' }],
    ['an answer of another kind', { body: '{}' }],
  ] as const)('rejects on %s: nothing seen is not "no alert"', async (_, said) => {
    const source = prometheusSource(
      { http: scriptedHttp(() => said) },
      { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a' },
    );
    await expect(source.poll(signal)).rejects.toThrow();
    await expect(source.rules(signal)).rejects.toThrow();
  });

  it('gives alerts or an Error, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const parse of [prometheusAlerts, alertmanagerAlerts, ruleNames]) {
          try {
            parse(ok({ alerts: [value], groups: [value] }));
            parse(value);
          } catch (error) {
            expect(error).not.toBeInstanceOf(TypeError);
          }
        }
      }),
    );
  });
});
