import { describe, expect, it } from 'vitest';
import type { GateSpec } from '../../src/core/gate.ts';
import { noBad } from '../../src/verdict/gates/no-bad.ts';
import { later, WHILE_DOWN_MS } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, why } from '../support/sim-session.ts';

function gatesOf(run: SimRun, scenario = 0): Readonly<Record<string, string>> {
  const gates = run.result?.judgement.scenarios[scenario]?.gates ?? [];
  return Object.fromEntries(gates.map(({ spec, result }) => [spec.id, result.status]));
}

function sessionGatesOf(run: SimRun): readonly string[] {
  return run.result?.judgement.session.map(({ result }) => result.status) ?? [];
}

async function stoodStill(ms: number, atMs = WHILE_DOWN_MS): Promise<SimRun> {
  return runSim({ arrange: (setup) => later(setup, atMs, () => setup.world.clock.standStill(ms)) });
}

describe('the tool is stopped for a while', () => {
  it('is journaled, with its length and where it lies', async () => {
    const run = await stoodStill(4_000);
    const [event, ...others] = ofType(run.records, 'suspended');
    expect(others).toEqual([]);
    expect(event).toMatchObject({ who: 'process' });
    expect(event?.ms).toBeGreaterThanOrEqual(4_000);
    expect(event?.ms).toBeLessThanOrEqual(5_100);
    expect((event?.t ?? 0) - (event?.since ?? 0)).toBeGreaterThanOrEqual(4_000);
  });

  it('no gate that measures time passes over it; what counts things may', async () => {
    const run = await stoodStill(4_000);
    expect(gatesOf(run), why(run)).toEqual({
      rto: 'INCONCLUSIVE',
      data: 'PASS',
      rejoined: 'INCONCLUSIVE',
      loud: 'INCONCLUSIVE',
      restored: 'PASS',
      healed: 'INCONCLUSIVE',
    });
    expect(sessionGatesOf(run)).toEqual(['INCONCLUSIVE', 'INCONCLUSIVE', 'INCONCLUSIVE']);
    expect(run.result?.judgement.scenarios[0]?.why).toMatch(/gameday itself stood still for 4.5s at most/);
    expect(run.result?.exit).toBe(3);
    expect(run.cluster.down()).toEqual([]);
  });

  it.each([1_000, 9_000, 14_000, 18_000])('wherever it falls: after %dms', async (atMs) => {
    const run = await stoodStill(3_000, atMs);
    expect(ofType(run.records, 'suspended')).toHaveLength(1);
    expect(run.result?.judgement.verdict, why(run)).toBe('INCONCLUSIVE');
    expect(run.cluster.down()).toEqual([]);
  });

  it('a moment is none', async () => {
    const run = await stoodStill(1_400);
    expect(ofType(run.records, 'suspended')).toEqual([]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  });

  it('what surely failed stays failed', async () => {
    const run = await runSim({
      arrange: (setup) => {
        setup.cluster.failoverMs = 60_000;
        setup.cluster.loseAtFailover = 3;
        later(setup, WHILE_DOWN_MS, () => setup.world.clock.standStill(4_000));
      },
    });
    expect(gatesOf(run).rto, why(run)).toBe('FAIL');
    expect(run.result?.exit).toBe(1);
  });

  it.each([
    ['the first', WHILE_DOWN_MS, ['INCONCLUSIVE', 'PASS']],
    ['the second', 30_000, ['PASS', 'INCONCLUSIVE']],
  ])('it concerns the drill that ran then, here %s', async (_, atMs, verdicts) => {
    const run = await runSim({
      drills: (setup) => {
        later(setup, atMs, () => setup.world.clock.standStill(4_000));
        return [simDrill(setup.cluster), simDrill(setup.cluster, { id: 'B' })];
      },
    });
    expect(
      run.result?.judgement.scenarios.map(({ verdict }) => verdict),
      why(run),
    ).toEqual(verdicts);
  });

  it('an answer that waited for us is no failure of the service', async () => {
    const gates: readonly GateSpec[] = [
      noBad.spec('clean', 'the API never fails', { series: [{ probe: 'api' }], window: 'outage', minSamples: 5 }),
    ];
    const run = await runSim({
      drills: (setup) => {
        const { world, cluster } = setup;
        const drill = simDrill(cluster, { gates });
        let isDue = false;
        later(setup, WHILE_DOWN_MS, () => {
          isDue = true;
        });
        // The tool is stopped while a look is under way: the answer is there, and seems to have taken for ever.
        const probes = drill.probes.map((probe) => ({
          ...probe,
          sample: async (signal: AbortSignal) => {
            const reading = await probe.sample(signal);
            if (isDue && probe.name === 'api') {
              isDue = false;
              world.clock.standStill(8_000);
            }
            return reading;
          },
        }));
        return [{ ...drill, probes }];
      },
    });
    const bad = ofType(run.records, 'samples')
      .filter(({ probe }) => probe === 'api')
      .flatMap(({ items }) => items.filter(([, , , outcome]) => outcome !== 'ok'));
    expect(bad).toEqual([]);
    const missed = ofType(run.records, 'probe.missed').filter(({ probe }) => probe === 'api');
    expect(missed.map(({ reason }) => reason)).toContain('stood-still');
    expect(gatesOf(run), why(run)).toEqual({ clean: 'INCONCLUSIVE' });
  });
});

describe('the machine sleeps for a while', () => {
  it('monotonic time does not show it, and it is found all the same: nothing passes', async () => {
    const run = await runSim({
      arrange: (setup) => later(setup, WHILE_DOWN_MS, () => setup.world.clock.sleepMachine(60_000)),
    });
    expect(ofType(run.records, 'suspended')).toMatchObject([{ who: 'machine' }]);
    expect(ofType(run.records, 'suspended')[0]?.ms).toBeGreaterThanOrEqual(60_000);
    expect(ofType(run.records, 'note')).toEqual([]);
    expect(run.result?.judgement.scenarios[0]).toMatchObject({
      verdict: 'INCONCLUSIVE',
      why: expect.stringContaining('the machine slept for'),
    });
    expect(run.cluster.down()).toEqual([]);
  });
});

describe('somebody sets the wall clock', () => {
  it.each([
    ['forward', 3_600_000],
    ['forward', 3_000],
    ['back', -3_600_000],
    ['back', -86_400_000],
  ])('%s by %dms: noted, and nothing that is measured changes', async (way, ms) => {
    const untouched = await runSim();
    const run = await runSim({
      arrange: (setup) => later(setup, WHILE_DOWN_MS, () => setup.world.clock.jumpWall(ms)),
    });
    expect(ofType(run.records, 'note').map(({ text }) => text)).toEqual([
      expect.stringContaining(`the wall clock was set ${way} by`),
    ]);
    expect(ofType(run.records, 'suspended')).toEqual([]);
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
    const figures = (one: SimRun) =>
      one.result?.judgement.scenarios.flatMap(({ gates }) =>
        gates.map(({ result }) => [result.value, result.measured]),
      );
    expect(figures(run)).toEqual(figures(untouched));
  });

  it('a clock that drifts is not set', async () => {
    const run = await runSim({
      arrange: (setup) => later(setup, WHILE_DOWN_MS, () => setup.world.clock.jumpWall(1_000)),
    });
    expect(ofType(run.records, 'note')).toEqual([]);
  });
});
