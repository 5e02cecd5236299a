import { describe, expect, it } from 'vitest';
import { Registry } from '../../../src/lab/api/metrics.ts';

describe('Registry', () => {
  it('renders counters, also those that have counted nothing yet', () => {
    const registry = new Registry();
    const counter = registry.counter('hits_total', 'Hits.');
    counter.add({ from: 'a' }, 0);
    counter.add({ from: 'b' });
    counter.add({ from: 'b' });
    expect(registry.render()).toBe(
      '# HELP hits_total Hits.\n# TYPE hits_total counter\nhits_total{from="a"} 0\nhits_total{from="b"} 2\n',
    );
  });

  it('escapes label values', () => {
    const registry = new Registry();
    registry.counter('c', 'C.').add({ text: 'a "b" \\ \n' });
    expect(registry.render()).toContain('c{text="a \\"b\\" \\\\ \\n"} 1\n');
  });

  it('looks a gauge up when it is asked', () => {
    const registry = new Registry();
    let value = 1;
    registry.gauge('up', 'Up.', () => [[{}, value]]);
    value = 0;
    expect(registry.render()).toBe('# HELP up Up.\n# TYPE up gauge\nup 0\n');
  });

  it('sums up the buckets of a histogram, the slowest in +Inf only', () => {
    const registry = new Registry();
    const histogram = registry.histogram('d_seconds', 'D.');
    for (const seconds of [0.001, 0.02, 9]) histogram.observe({ route: '/' }, seconds);
    const lines = registry.render().split('\n');
    expect(lines).toContain('d_seconds_bucket{route="/",le="0.001"} 1');
    expect(lines).toContain('d_seconds_bucket{route="/",le="0.025"} 2');
    expect(lines).toContain('d_seconds_bucket{route="/",le="5"} 2');
    expect(lines).toContain('d_seconds_bucket{route="/",le="+Inf"} 3');
    expect(lines).toContain('d_seconds_count{route="/"} 3');
  });
});
