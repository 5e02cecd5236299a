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
  it('reads both at once, and asks Alertmanager for what reaches people', async () => {
    const http = scriptedHttp(({ url }) => ({
      body: JSON.stringify(
        url.includes('/api/v1/')
          ? ok({ alerts: [firing, { ...firing, state: 'inactive' }] })
          : [{ labels: firing.labels, startsAt: 'S', status: { state: 'active' } }],
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
      { name: 'RedisNodeDown', labels: { node: 'redis-1' }, state: 'firing', where: 'alertmanager', activeAt: 'S' },
    ]);
    expect(http.asked.map((request) => request.url)).toEqual([
      'http://p/api/v1/alerts',
      'http://a/api/v2/alerts?active=true&silenced=false&inhibited=false',
    ]);
    expect(source.target).toBe('Prometheus http://p and Alertmanager http://a');
  });

  it('leaves out what is suppressed', () => {
    expect(alertmanagerAlerts([{ labels: firing.labels, status: { state: 'suppressed' } }])).toEqual([]);
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
