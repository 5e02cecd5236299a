import { describe, expect, it } from 'vitest';
import type { AlertExpectation } from '../../../src/core/scenario.ts';
import { alertmanagerConfig } from '../../../src/lab/prometheus.ts';
import { alertTimes, deliveryTimes, scrapeIntervals } from '../../../src/probes/alert-times.ts';
import { judgeAlertTimes, withAlertPreflight } from '../../../src/scenarios/alert-preflight.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { SimCluster } from '../../support/sim-cluster.ts';
import { simDrill } from '../../support/sim-drill.ts';
import { SimWorld } from '../../support/sim-world.ts';

const expected: AlertExpectation = { name: 'NodeDown', of: 'first', withinMs: 60_000 };
const status = (original: string) => ({ config: { original } });
const targets = (intervals: Readonly<Record<string, string>>) => ({
  status: 'success',
  data: {
    activeTargets: Object.entries(intervals).map(([job, scrapeInterval]) => ({ labels: { job }, scrapeInterval })),
  },
});
const rules = (interval: number, duration: number, query: unknown = 'up{job="db"} == 0') => ({
  status: 'success',
  data: { groups: [{ name: 'g', interval, rules: [{ name: 'NodeDown', duration, query }] }] },
});

function judge(scrape: string, evaluation: number, hold: number, groupWait: string) {
  const alerts = alertTimes(rules(evaluation, hold), scrapeIntervals(targets({ db: scrape, other: '5m' })));
  const delivery = deliveryTimes(status(`route:\n  receiver: x\n  group_wait: ${groupWait}\nreceivers: []\n`));
  return judgeAlertTimes([expected], { alerts, delivery })[0];
}

describe('whether an alert can come in time', () => {
  it('is shown as a sum', () => {
    expect(judge('15s', 15, 15, '10s')).toMatchObject({
      status: 'ok',
      detail: 'NodeDown: 15s scrape + 15s evaluation + 15s for + 10s group_wait = 55s of 1m00s',
    });
  });

  it('is not given where for and group_wait alone take too long, and doubtful where all do', () => {
    expect(judge('1s', 1, 45, '30s')).toMatchObject({
      status: 'unattainable',
      detail: expect.stringContaining('= 1m17s of 1m00s: the limit of 1m00s cannot be met'),
      hint: expect.stringContaining('for of NodeDown'),
    });
    expect(judge('15s', 15, 30, '10s')?.status).toBe('warning');
  });

  it('counts whole evaluations: 5s looked at each 40s are 40s', () => {
    expect(judge('1s', 40, 5, '0s')?.detail).toContain('40s evaluation + 40s for');
  });

  it('adds nothing up for a rule that does not exist: that is for the gate', () => {
    expect(
      judgeAlertTimes([{ ...expected, name: 'Other' }], { alerts: [], delivery: { leastMs: 0, mostMs: 0 } }),
    ).toEqual([]);
  });
});

describe('what Alertmanager waits for', () => {
  it.each([
    ['route:\n  receiver: x\n', 30_000, 30_000],
    ['route:\n  group_wait: 1m30s\n  receiver: x\ntemplates: []\n', 90_000, 90_000],
    ['route:\n  receiver: x\n  routes:\n    - receiver: y\n      group_wait: 5s\n', 5_000, 30_000],
    ['route:\n  group_wait: 10s\n  routes:\n  - group_wait: 0s\n    receiver: y\n', 0, 10_000],
    ['route:\n  receiver: x\nother:\n  group_wait: 1s\n', 30_000, 30_000],
  ])('%j', (text, leastMs, mostMs) => {
    expect(deliveryTimes(status(text))).toEqual({ leastMs, mostMs });
  });

  it('is read from the configuration of the lab', () => {
    expect(deliveryTimes(status(alertmanagerConfig()))).toEqual({ leastMs: 0, mostMs: 0 });
  });

  it.each([undefined, {}, status('receivers: []\n'), status('route:\n  group_wait: soon\n')])(
    'is not made up from %j',
    (answer) => {
      expect(() => deliveryTimes(answer)).toThrow();
    },
  );
});

describe('rules and targets', () => {
  it('a rule is about the jobs that it names, or about all', () => {
    const scrapes = scrapeIntervals(targets({ db: '10s', web: '1m' }));
    expect(alertTimes(rules(15, 5), scrapes)).toEqual([
      { name: 'NodeDown', scrapeMs: 10_000, evaluationMs: 15_000, forMs: 5_000 },
    ]);
    expect(alertTimes(rules(15, 5, 'vector(1)'), scrapes)[0]?.scrapeMs).toBe(60_000);
    expect(alertTimes(rules(15, 5), scrapeIntervals(targets({})))[0]?.scrapeMs).toBeUndefined();
  });

  // A field called toString makes an object that no text can be made of.
  it.each([
    undefined,
    {},
    { status: 'error' },
    rules(Number.NaN, 1),
    rules(1, -1),
    rules(1, 1, null),
    rules(1, 1, { toString: 1 }),
  ])('are not made up from %j', (answer) => {
    expect(() => alertTimes(answer, new Map())).toThrow(Error);
    expect(() => alertTimes(answer, new Map())).not.toThrow(TypeError);
  });
});

describe('the preflight of a drill that expects alerts', () => {
  const drill = () => {
    const world = new SimWorld();
    return simDrill(new SimCluster(world.clock, { nodes: ['n1', 'n2'], alertAfterMs: 1_000 }));
  };
  const urls = { prometheusUrl: 'http://p/', alertmanagerUrl: 'http://a' };
  const signal = new AbortController().signal;

  it('has the sum beside its own checks', async () => {
    const answers: Readonly<Record<string, unknown>> = {
      'http://p/api/v1/rules?type=alert': rules(1, 5),
      'http://p/api/v1/targets?state=active': targets({ db: '1s' }),
      'http://a/api/v2/status': status(alertmanagerConfig()),
    };
    const http = scriptedHttp(({ url }) => ({ body: JSON.stringify(answers[url]) }));
    const checks = await withAlertPreflight({ http }, drill(), urls).preflight(signal);
    expect(checks.map(({ name, status: seen }) => `${name} ${seen}`)).toEqual(['nodes ok', 'alerts in time ok']);
    expect(checks[1]?.detail).toBe('NodeDown: 1s scrape + 1s evaluation + 5s for + 0ms group_wait = 7s of 1m00s');
  });

  it('is a warning where the servers cannot be read: the drill runs, and its alert gates say so', async () => {
    const http = scriptedHttp(() => ({ fails: 'refused' }));
    expect(await withAlertPreflight({ http }, drill(), urls).preflight(signal)).toMatchObject([
      { name: 'nodes' },
      { name: 'alerts in time', status: 'warning' },
    ]);
  });

  it('warns of nodes without labels, where an alert of any other would count', async () => {
    const http = scriptedHttp(() => ({ fails: 'refused' }));
    const bare = drill();
    const nodes = bare.plan.nodes.map((node) => ({ ...node, labels: {} }));
    const checks = await withAlertPreflight({ http }, { ...bare, plan: { ...bare.plan, nodes } }, urls).preflight(
      signal,
    );
    expect(checks.at(-1)).toMatchObject({
      name: 'alert labels',
      status: 'warning',
      detail: 'n1, n2: no labels are set, so that an alert of any node counts for them',
      hint: expect.stringContaining('labels: { node: n1 }'),
    });
  });
});
