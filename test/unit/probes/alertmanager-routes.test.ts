import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupWaits } from '../../../src/probes/alertmanager-routes.ts';

/** As Alertmanager 0.25 writes its own configuration. */
const SHOWN = `global:
  resolve_timeout: 5m
route:
  receiver: team
  group_by:
  - alertname
  continue: false
  routes:
  - receiver: pager
    matchers:
    - severity="critical"
    continue: true
    group_wait: 5s
    routes:
    - continue: false
      group_wait: 1m
  - receiver: "quiet"
    continue: false
  group_interval: 1s
receivers:
- name: team
  group_wait: 9h
templates: []
`;

describe('group_wait by receiver', () => {
  it('is inherited, 30 s where nobody says it, and the longest of several ways', () => {
    expect(groupWaits(SHOWN)).toEqual([
      { receiver: 'team', waitMs: 30_000 },
      { receiver: 'pager', waitMs: 60_000 },
      { receiver: 'quiet', waitMs: 30_000 },
    ]);
  });

  it('of the root holds for the routes below it, also where it stands behind them', () => {
    const config = SHOWN.replace('  group_interval: 1s\n', '  group_wait: 0s\n  group_interval: 1s\n');
    expect(groupWaits(config)).toContainEqual({ receiver: 'quiet', waitMs: 0 });
    expect(groupWaits(config)).toContainEqual({ receiver: 'team', waitMs: 0 });
  });

  it('of something else is not known', () => {
    expect(groupWaits('receivers: []')).toEqual([]);
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(groupWaits(`route:\n${text}`))));
  });
});
