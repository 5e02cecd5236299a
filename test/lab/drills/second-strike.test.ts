import { describe, expect, test } from 'vitest';
import {
  expectAllUp,
  expectSealed,
  findSession,
  gateOf,
  lacks,
  notPassed,
  onWellLab,
  parseDocument,
  type RunJson,
  runToEnd,
  startRun,
} from '../../support/lab-drills.ts';
import { startAgain, strikeUnhealedTwice } from '../../support/lab-strikes.ts';

onWellLab();

const TWICE = ['--second-strike'];
const struck = (json: RunJson, id: string) =>
  json.scenarios?.find((one) => one.id === id)?.faults.map(({ node }) => node) ?? [];

describe.skipIf(lacks('haproxy'))('D, struck twice', () => {
  test('passes both times: the other backend the second time, each strike with gates of its own', async () => {
    const { code, json, sessions } = await runToEnd({ only: 'D', args: TWICE });
    expect(notPassed(json)).toEqual([]);
    expect(json).toMatchObject({ verdict: 'PASS', exit: 0, restored: true });
    expect(code).toBe(0);
    expect(json.scenarios?.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['D PASS', 'D-2 PASS']);
    expect([...struck(json, 'D'), ...struck(json, 'D-2')].sort()).toEqual(['api-1', 'api-2']);
    expect(gateOf(json, 'D-2', 'kept-websocket').measured).toBe('0 lost by the second strike');
    const { records } = await expectSealed((await findSession(sessions)) ?? '');
    expect(records.filter((one) => one.type === 'fault.requested').map(({ fault }) => fault)).toEqual(['D1', 'D-2.1']);
    await expectAllUp();
  });

  test('a supervisor that starts the node again voids the measurement, and is a finding', async () => {
    const run = await startRun({ only: 'D' });
    const proven = await run.record('fault.proven');
    if (proven.type !== 'fault.proven') throw new Error('no proof');
    await startAgain(proven.node, 2_000);
    const end = await run.ended;
    const json = parseDocument(end);
    expect(end.code).toBe(3);
    expect(json).toMatchObject({ verdict: 'INCONCLUSIVE', restored: true });
    expect(json.scenarios?.[0]?.why).toContain(`${proven.node} came back by itself`);
    expect(json.gaps?.map(({ kind }) => kind)).toContain('came-back');
    await expectAllUp();
  });
});

describe.skipIf(lacks('postgres'))('A, struck twice', () => {
  test('is where it began, and has lost nothing that either strike was promised', async () => {
    const { json } = await runToEnd({ only: 'A', args: TWICE });
    expect(notPassed(json)).toEqual([]);
    expect([...struck(json, 'A'), ...struck(json, 'A-2')].sort()).toEqual(['pg-1', 'pg-2']);
    expect(gateOf(json, 'A-2', 'kept-writes').status).toBe('PASS');
    await expectAllUp();
  });
});

describe.skipIf(lacks('minio'))('C, struck twice', () => {
  test('where nobody heals what only looks healed: the second strike fails', async () => {
    const judgement = await strikeUnhealedTwice();
    const [first, second] = judgement.scenarios;
    expect(first?.plan.id, first?.why).toBe('C');
    expect(first?.outcome).toBe('completed');
    expect(second?.gates.find(({ spec }) => spec.id === 'reads')?.result).toMatchObject({ status: 'FAIL' });
    expect(second?.verdict).toBe('FAIL');
    expect(judgement.restored).toBe(true);
    await expectAllUp();
  });
});
