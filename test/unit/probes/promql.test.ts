import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertRules } from '../../../src/lab/prometheus.ts';
import { selectorsOf } from '../../../src/probes/promql.ts';

describe('the series that an expression reads', () => {
  it.each([
    ['up == 0', ['up']],
    ['up{job="a"} unless on (node) (pg_up{job="a"} == 1)', ['up{job="a"}', 'pg_up{job="a"}']],
    ['sum by (node) (rate(errors_total{job="x"}[5m])) > 0', ['errors_total{job="x"}']],
    ['sum(rate(a[5m] offset 1h)) without (job) / ignoring (x) group_left (y) b > bool 1', ['a', 'b']],
    ['label_replace(a{x="} or b{"} == 0, "node", "$1", "server", "(.+)")', ['a{x="} or b{"}']],
    ['{__name__=~"up|down"} > 1e3', ['{__name__=~"up|down"}']],
    ['time() - job:last:time{a="b"} > 300', ['job:last:time{a="b"}']],
    ['avg_over_time(a[1h:5m]) > Inf or a', ['a']],
    ['vector(1)', []],
    ['absent(up{job="a"})', []],
  ])('%s', (query, selectors) => {
    expect(selectorsOf(query)).toEqual(selectors);
  });

  it('are found in every rule of the lab', () => {
    const queries = [...alertRules({ tuned: true }).matchAll(/expr: '(.+)'/gu)].map((match) => match[1] ?? '');
    expect(queries).toHaveLength(6);
    for (const query of queries) expect(selectorsOf(query.replaceAll("''", "'")).join(' ')).toMatch(/job="/u);
  });

  it('of any text are a list, and no mistake of ours', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => Array.isArray(selectorsOf(text))));
  });
});
