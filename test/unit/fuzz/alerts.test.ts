import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prometheusSource } from '../../../src/probes/prometheus.ts';
import { anyText, expectError, signal } from '../../support/fuzz-probe.ts';
import { anyJson, damaged } from '../../support/garbage.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

describe('Prometheus and Alertmanager', { timeout: 60_000 }, () => {
  const alert = { labels: { alertname: 'NodeDown', node: 'n1' }, state: 'firing', activeAt: 'A' };
  const PENDING = { status: 'success', data: { alerts: [alert, { ...alert, state: 'pending' }] } };
  const ACTIVE = [{ labels: alert.labels, status: { state: 'active' }, startsAt: 'S' }];
  const RULES = { status: 'success', data: { groups: [{ rules: [{ name: 'NodeDown' }] }] } };
  const source = (prometheus: string, alertmanager: string) =>
    prometheusSource(
      { http: scriptedHttp(({ url }) => ({ body: url.includes('/api/v1/') ? prometheus : alertmanager })) },
      { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a' },
    );
  const text = (value: unknown) => JSON.stringify(value) ?? '';

  it('are read where they are right', async () => {
    const { alerts } = await source(text(PENDING), text(ACTIVE)).poll(signal);
    expect(alerts.map(({ state, where }) => `${where} ${state}`)).toEqual([
      'prometheus firing',
      'prometheus pending',
      'alertmanager firing',
    ]);
    expect(await source(text(RULES), '').rules(signal)).toEqual(['NodeDown']);
  });

  it('of any text or value are not "no alert" and not "firing": they are an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, anyJson.map(text)), async (said) => {
        fc.pre(said.trim() !== '[]');
        await expect(source(said, '[]').poll(signal)).rejects.toThrow(Error);
        await expect(source(text(PENDING), said).poll(signal)).rejects.toThrow(Error);
        await expect(source(said, '').rules(signal)).rejects.toThrow(Error);
      }),
      { numRuns: 100 },
    );
  });

  it('that were damaged are read, or are an Error, and no alert gets lost on the way', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(PENDING), damaged(ACTIVE), damaged(RULES), async (pending, active, rules) => {
        const one = await source(text(pending), text(ACTIVE)).poll(signal).catch(expectError);
        const listed = (pending as typeof PENDING)?.data?.alerts;
        if (one !== undefined) {
          const inactive = listed.filter(({ state }) => state === 'inactive').length;
          expect(one.alerts.length).toBe(listed.length - inactive + 1);
        }
        const two = await source(text(PENDING), text(active)).poll(signal).catch(expectError);
        if (two !== undefined) {
          const open = (active as typeof ACTIVE).filter(({ status }) => status.state !== 'unprocessed').length;
          expect(two.alerts.length).toBe(open + 2);
        }
        await source(text(rules), '').rules(signal).catch(expectError);
      }),
      { numRuns: 100 },
    );
  });
});
