import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  alertExpectations,
  apiProbe,
  buildPlan,
  logExpectations,
  nodeRef,
  planTimes,
} from '../../../src/scenarios/common.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { commonSettings } from '../../../src/scenarios/settings.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const schema = z.strictObject(commonSettings);
const settings = (file: z.input<typeof schema> = {}) => schema.parse(file);
const deps = { profile: PROFILES.standard };

describe('planTimes', () => {
  it('takes the profile where the file says nothing', () => {
    expect(planTimes(settings(), deps, { limitsMs: [60_000] })).toEqual({
      steadyMs: 10_000,
      outageMs: 15_000,
      observeDeadlineMs: 90_000,
      verifyMs: 5_000,
      healDeadlineMs: 120_000,
      undoDeadlineMs: 60_000,
    });
  });

  it('puts the file before the profile, and the command line before the file', () => {
    const file = settings({ outage: '40s', steady: '1s', heal: { deadline: '9s' } });
    expect(planTimes(file, deps, { limitsMs: [] })).toMatchObject({
      outageMs: 40_000,
      steadyMs: 1_000,
      healDeadlineMs: 9_000,
    });
    expect(planTimes(file, { ...deps, outageMs: 7_000 }, { limitsMs: [] }).outageMs).toBe(7_000);
    expect(planTimes(settings(), deps, { limitsMs: [], longOutage: true }).outageMs).toBe(60_000);
  });

  it('never ends the observe phase before the outage has lasted', () => {
    expect(planTimes(settings({ outage: '5m' }), deps, { limitsMs: [10_000] }).observeDeadlineMs).toBe(310_000);
  });
});

describe('expectations', () => {
  it('come from the scenario, and wholly from the file where it names any', () => {
    const own = [{ name: 'Own', of: 'first' as const }];
    expect(alertExpectations(settings(), own)).toEqual([{ name: 'Own', of: 'first', withinMs: 60_000 }]);
    expect(alertExpectations(settings(), own, 5_000)).toEqual([{ name: 'Own', of: 'first', withinMs: 5_000 }]);
    expect(alertExpectations(settings({ alerts: [] }), own)).toEqual([]);
    const file = settings({ alerts: [{ name: 'File', labels: { a: 'b' }, of: 'second', within: '2s' }] });
    expect(alertExpectations(file, own)).toEqual([{ name: 'File', labels: { a: 'b' }, of: 'second', withinMs: 2_000 }]);
  });

  it('give a log line ten seconds unless something else is said', () => {
    const log = { name: 'loud', nodes: ['a'], pattern: 'x' };
    expect(logExpectations(settings(), [log, { ...log, withinMs: 1 }]).map((one) => one.withinMs)).toEqual([10_000, 1]);
    expect(logExpectations(settings({ logs: [{ ...log, within: '3s' }] }), [])).toEqual([{ ...log, withinMs: 3_000 }]);
  });
});

describe('apiProbe', () => {
  it('asks for the health of the API, as a user would', async () => {
    const http = scriptedHttp(() => ({ body: '{"status":"healthy","components":{"database":{"status":"healthy"}}}' }));
    const probe = apiProbe({ http }, { url: 'http://x:8080/' });
    expect(probe).toMatchObject({
      name: 'api',
      user: true,
      intervalMs: 250,
      timeoutMs: 2_000,
      target: 'GET http://x:8080/api/v1/health',
    });
    expect(await probe.sample(new AbortController().signal)).toEqual({
      outcome: 'ok',
      facts: { status: 'healthy', database: 'healthy' },
    });
    expect(apiProbe({ http }, { url: 'http://x' }, { intervalMs: 1_000 }).intervalMs).toBe(1_000);
    expect(apiProbe({ http }, { url: 'http://x', interval: 50 }, { intervalMs: 1_000 }).intervalMs).toBe(50);
  });

  it('asks for what the file names, and expects what the file expects', async () => {
    const { signal } = new AbortController();
    const http = scriptedHttp(() => ({ body: '<html>all is well</html>' }));
    const own = { url: 'http://x', path: '/ping', connection: 'kept' as const };
    expect((await apiProbe({ http }, own).sample(signal)).outcome).toBe('protocol');
    expect(await apiProbe({ http }, { ...own, expect: { text: 'all is well' } }).sample(signal)).toMatchObject({
      outcome: 'ok',
    });
    expect((await apiProbe({ http }, { ...own, expect: { json: {} } }).sample(signal)).outcome).toBe('protocol');
    expect(http.asked[0]).toMatchObject({ url: 'http://x/ping', connection: 'kept' });
  });
});

describe('buildPlan', () => {
  const node = { name: 'n1', platform: 'lab', labels: { node: 'n1' }, host: 'h', port: 1 };
  const parts = {
    needs: [],
    nodes: [nodeRef(node)],
    maxDown: 1,
    recoversAfter: 'fault' as const,
    probes: [],
    ledgers: [],
    alerts: [{ name: 'Down', of: 'first' as const }],
    logs: [],
    gates: [],
    limitsMs: [1_000],
    notProven: [],
  };
  const about = { id: 'A', slug: 'postgres-failover', stack: 'postgres', title: 'T', purpose: 'P' };

  it('is data, with the gates that no drill goes without', () => {
    const plan = buildPlan(about, settings(), deps, parts);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.gates.map((gate) => gate.id)).toEqual(['restored', 'healed']);
    expect(plan.runbook.path).toBe('a-postgres-failover.md');
    expect(plan.stack).toBe('postgres');
    expect(plan.nodes).toEqual([{ name: 'n1', platform: 'lab', labels: { node: 'n1' } }]);
    expect(plan.observeDeadlineMs).toBe(90_000);
  });

  it('lets the file say what stands in the way', () => {
    const plan = buildPlan(about, settings({ maxDown: 0, needs: ['redis'], runbook: 'own.md' }), deps, parts);
    expect(plan).toMatchObject({ maxDown: 0, needs: ['redis'], runbook: { path: 'own.md' } });
  });
});
