import { expect, test } from 'vitest';
import { sessionGates } from '../../../src/cli/session-started.ts';
import { isJsonObject } from '../../../src/core/json.ts';
import { labSettings } from '../../../src/lab/settings.ts';
import { SCENARIOS } from '../../../src/scenarios/index.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { SABOTAGES } from '../../../src/selftest/index.ts';
import { uncovered } from '../../../src/selftest/notice.ts';
import { isLive, roundsOf } from '../../../src/selftest/rounds.ts';
import { PREFLIGHT, rings, VERDICT } from '../../../src/selftest/sabotage.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { WHOLE_LAB } from '../../support/whole-lab.ts';

const { scenarios } = labSettings(WHOLE_LAB);
if (!isJsonObject(scenarios)) throw new Error('the lab has no drills');
const plans = await Promise.all(
  SCENARIOS.map(async (factory) => {
    const deps = { world: new SimWorld(), profile: PROFILES.smoke, secret: async () => 'secret-of-the-test' };
    return (await factory.bind(factory.schema.parse(scenarios[factory.id]), deps)).plan;
  }),
);
const GATES = [
  ...plans.flatMap(({ id, gates }) => gates.map((gate) => ({ scenario: id, gate: gate.id }))),
  ...sessionGates(30_000).map((gate) => ({ scenario: null, gate: gate.id })),
];

test('every gate of every scenario has a sabotage that must turn it away from PASS', () => {
  expect(GATES.length).toBeGreaterThan(35);
  expect(uncovered(GATES, SABOTAGES)).toEqual([]);
});

test('one less is found out', () => {
  const without = SABOTAGES.filter((one) => !one.turns.some((turn) => turn.gate === 'sticky-moved'));
  expect(uncovered(GATES, without)).toContainEqual({ scenario: 'D', gate: 'sticky-moved' });
});

test('every sabotage turns gates that are there', () => {
  const known = (scenario: string) =>
    GATES.filter((one) => one.scenario === null || one.scenario === scenario).map((one) => one.gate);
  for (const { id, scenario, turns } of SABOTAGES) {
    expect(turns.length, id).toBeGreaterThan(0);
    for (const { gate } of turns) expect([VERDICT, PREFLIGHT, ...known(scenario)], id).toContain(gate);
  }
  expect(new Set(SABOTAGES.map((one) => one.id)).size).toBe(SABOTAGES.length);
});

test('sabotages that share a session turn different gates, unless both turn it', () => {
  for (const { name, sabotages } of roundsOf(SABOTAGES.filter(isLive))) {
    const turned = sabotages.flatMap((one) => one.turns.filter(rings).map((turn) => `${turn.gate} ${turn.because}`));
    expect(new Set(turned).size, name).toBe(turned.length);
    expect(new Set(sabotages.map((one) => one.scenario)).size, name).toBe(1);
  }
});

test('no gate counts as tested for whatever reason it gives', () => {
  const any = SABOTAGES.flatMap(({ id, turns }) =>
    turns
      .filter(rings)
      .flatMap(({ gate, because }) => (because.test('something else went wrong') ? [`${id} ${gate}`] : [])),
  );
  expect(any).toEqual([]);
});

test('a sabotage of the go-between or the servers does something to them', () => {
  const idle = SABOTAGES.filter(isLive).filter(({ before, during, stop, start, http }) =>
    [before, during, stop, start, http].every((one) => one === undefined),
  );
  expect(idle.map(({ id }) => id)).toEqual([]);
});
