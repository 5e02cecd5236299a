import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haproxyConfig } from '../../../src/lab/haproxy.ts';
import { alertmanagerConfig } from '../../../src/lab/prometheus.ts';
import { alertTimes, deliveryTimes, scrapeIntervals } from '../../../src/probes/alert-times.ts';
import { HaproxyConfigError, serverChecks } from '../../../src/probes/haproxy-config.ts';
import { damaged, damagedText } from '../../support/garbage.ts';

const isTime = (ms: number) => Number.isFinite(ms) && ms >= 0;

describe('what attainability is reckoned from', { timeout: 60_000 }, () => {
  it('haproxy.cfg: times that make sense, or an error that names the file’s fault', () => {
    const servers = [1, 2].map((n) => ({ name: `api-${n}`, host: '127.0.0.1', port: n }));
    const good = haproxyConfig({ frontPort: 1, statsPort: 2, metricsPort: 3, tuned: true, servers });
    fc.assert(
      fc.property(damagedText(good), (text) => {
        try {
          for (const one of serverChecks(text, 'api'))
            expect(
              [one.interMs, one.fastinterMs, one.downinterMs, one.fall, one.rise].every(isTime),
              JSON.stringify(one),
            ).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(HaproxyConfigError);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('rules, targets and the route of Alertmanager: times that make sense, or an error', () => {
    const rules = {
      status: 'success',
      data: { groups: [{ name: 'g', interval: 15, rules: [{ name: 'Down', duration: 5, query: 'up{job="a"}' }] }] },
    };
    const targets = { status: 'success', data: { activeTargets: [{ labels: { job: 'a' }, scrapeInterval: '15s' }] } };
    const status = { config: { original: alertmanagerConfig() } };
    const sane = (times: () => readonly number[]): void => {
      try {
        expect(times().filter((ms) => !isTime(ms))).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(String(error)).not.toMatch(/TypeError|AssertionError/);
      }
    };
    fc.assert(
      fc.property(damaged(rules), damaged(targets), damaged(status), (one, other, third) => {
        sane(() =>
          alertTimes(one, scrapeIntervals(other)).flatMap(({ scrapeMs = 0, evaluationMs, forMs }) => [
            scrapeMs,
            evaluationMs,
            forMs,
          ]),
        );
        sane(() => Object.values(deliveryTimes(third)));
      }),
      { numRuns: 200 },
    );
  });
});
