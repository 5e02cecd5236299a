import { beforeEach, describe, expect, test } from 'vitest';
import { colourLevel, colourVerdicts } from '../../../src/cli/colour.ts';
import { headingsOf } from '../../../src/cli/documents.ts';
import { liveView } from '../../../src/cli/view/live.ts';
import { detailsOf, foldRecord, newViewState, titleOf } from '../../../src/cli/view/state.ts';
import { wantsLiveView } from '../../../src/cli/view/view.ts';
import type { ScenarioPlan } from '../../../src/core/scenario.ts';
import type { GamedayEvent, JournalRecord } from '../../../src/journal/events.ts';
import { SimWorld } from '../../support/sim-world.ts';

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

describe('live or plain', () => {
  test.each([
    ['a terminal', { tty: true, env: {}, plain: false }, true],
    ['--plain', { tty: true, env: {}, plain: true }, false],
    ['a pipe', { tty: false, env: {}, plain: false }, false],
    ['a dumb terminal', { tty: true, env: { TERM: 'dumb' }, plain: false }, false],
    ['CI', { tty: true, env: { CI: 'true' }, plain: false }, false],
    ['CI=false', { tty: true, env: { CI: 'false' }, plain: false }, true],
  ])('%s', (_name, { tty, env, plain }, expected) => {
    world.tty.err.isTTY = tty;
    Object.assign(world.env.variables, env);
    expect(wantsLiveView(world, plain)).toBe(expected);
  });
});

describe('colour', () => {
  test.each([
    [{}, true, 1],
    [{}, false, 0],
    [{ NO_COLOR: '1' }, true, 0],
    [{ NO_COLOR: '' }, true, 1],
    [{ FORCE_COLOR: '1' }, false, 1],
    [{ FORCE_COLOR: '0' }, true, 0],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, 0],
    [{ TERM: 'dumb' }, true, 0],
  ])('%j on a terminal: %s', (env, isTTY, expected) => {
    Object.assign(world.env.variables, env);
    expect(colourLevel(world.env, { isTTY })).toBe(expected);
  });

  test('colours verdicts and changes no word', () => {
    const text = 'A PASS, B FAIL: NOT RESTORED, PASSWORD';
    expect(colourVerdicts(text, 0)).toBe(text);
    const coloured = colourVerdicts(text, 1);
    expect(coloured).toContain('\u001b[32mPASS\u001b[39m');
    expect(coloured.endsWith(', PASSWORD')).toBe(true);
  });
});

describe('what the live view says', () => {
  const plan = {
    id: 'A',
    title: 'Postgres failover',
    probes: [
      { name: 'api', user: true },
      { name: 'monitor', user: false },
      { name: 'requests', user: true },
      { name: 'sticky', user: true },
    ],
    ledgers: [{ name: 'writes', user: true }],
  } as unknown as ScenarioPlan;
  const at = (t: number, event: unknown): JournalRecord => ({
    v: 1,
    seq: 0,
    at: '',
    t,
    prev: '',
    ...(event as GamedayEvent),
  });

  test('phase, seconds since the fault, what is waited for, availability and the last error', () => {
    const state = newViewState();
    foldRecord(state, at(0, { type: 'session.started', scenarios: [plan] }));
    const scenario = state.scenarios.get('A');
    if (scenario === undefined) throw new Error('no scenario');
    expect(titleOf(scenario, 0)).toBe('A Postgres failover');
    foldRecord(state, at(1_000, { type: 'scenario.started', scenario: 'A' }));
    foldRecord(state, at(1_000, { type: 'phase.started', scenario: 'A', phase: 'observe' }));
    foldRecord(state, at(2_000, { type: 'fault.requested', scenario: 'A', fault: 'A1', node: { name: 'pg-1' } }));
    expect(titleOf(scenario, 2_000)).toBe('A observe, 0s since the fault, pg-1 stopping: Postgres failover');
    foldRecord(state, at(2_100, { type: 'fault.proven', scenario: 'A', fault: 'A1', node: 'pg-1' }));
    foldRecord(state, at(2_500, { type: 'waiting', scenario: 'A', detail: 'a new primary' }));
    const items = [
      [2_000, 2_000, 2_010, 'ok'],
      [3_000, 3_000, 3_010, 'refused', 'ECONNREFUSED'],
      [4_000, 4_000, 4_010, 'http429'],
    ];
    foldRecord(state, at(5_000, { type: 'samples', scenario: 'A', probe: 'api', items }));
    foldRecord(
      state,
      at(5_000, { type: 'samples', scenario: 'A', probe: 'monitor', items: [[2_000, 2_000, 2_010, 'ok']] }),
    );
    expect(titleOf(scenario, 14_900)).toBe('A observe, 12s since the fault, pg-1 down: Postgres failover');
    expect(detailsOf(scenario, 10_000)).toEqual([
      'now: a new primary',
      'good for users, last 10s: api 50%',
      'last error 6s ago: api: refused: ECONNREFUSED',
    ]);
    expect(detailsOf(scenario, 60_000)).toEqual([
      'now: a new primary',
      'last error 56s ago: api: refused: ECONNREFUSED',
    ]);
  });

  test('no verdict is not its last word where drawing ends before it', async () => {
    world.tty.err.isTTY = true;
    await world.run(async () => {
      const view = liveView(world);
      view.onRecord(at(0, { type: 'session.started', scenarios: [plan] }));
      await view.end();
    });
    expect(world.tty.err.text).toContain('verdict: none so far');
  });

  const begun = () => {
    const state = newViewState();
    foldRecord(state, at(0, { type: 'session.started', scenarios: [plan] }));
    foldRecord(state, at(0, { type: 'scenario.started', scenario: 'A' }));
    const scenario = state.scenarios.get('A');
    if (scenario === undefined) throw new Error('no scenario');
    return { state, scenario };
  };
  const good = [1_000, 1_000, 1_010, 'ok'];
  const bad = [1_100, 1_100, 1_110, 'refused'];

  test('the worst of what users use comes first, its ledgers too', () => {
    const { state, scenario } = begun();
    for (const probe of ['api', 'requests'])
      foldRecord(state, at(2_000, { type: 'samples', scenario: 'A', probe, items: [good, good] }));
    foldRecord(state, at(2_000, { type: 'samples', scenario: 'A', probe: 'sticky', items: [good, bad] }));
    foldRecord(
      state,
      at(2_000, { type: 'ledger.entries', scenario: 'A', ledger: 'writes', items: [['1', 1_000, 1_010, 'refused']] }),
    );
    expect(detailsOf(scenario, 2_000)[0]).toBe(
      'good for users, last 10s: writes 0%, sticky 50%, api and requests 100%',
    );
  });

  test('an error that is over is said to be', () => {
    const { state, scenario } = begun();
    foldRecord(state, at(2_000, { type: 'samples', scenario: 'A', probe: 'sticky', items: [bad, good] }));
    expect(detailsOf(scenario, 15_200).at(-1)).toBe('last error 14s ago, good again since: sticky: refused');
    foldRecord(state, at(2_000, { type: 'samples', scenario: 'A', probe: 'sticky', items: [bad] }));
    foldRecord(state, at(2_000, { type: 'samples', scenario: 'A', probe: 'api', items: [good] }));
    expect(detailsOf(scenario, 2_200).at(-1)).toBe('last error 1s ago: sticky: refused');
  });

  test('each node that was struck, up to its restore', () => {
    const { state, scenario } = begun();
    for (const [fault, node] of [
      ['A1', 'pg-1'],
      ['A2', 'pg-2'],
    ]) {
      foldRecord(state, at(1_000, { type: 'fault.requested', scenario: 'A', fault, node: { name: node } }));
      foldRecord(state, at(1_000, { type: 'fault.proven', scenario: 'A', fault, node }));
    }
    expect(titleOf(scenario, 1_000)).toContain(', pg-1 and pg-2 down: ');
    foldRecord(state, at(2_000, { type: 'undo.requested', scenario: 'A', fault: 'A1', node: 'pg-1' }));
    expect(titleOf(scenario, 2_000)).toContain(', pg-1 restoring, pg-2 down: ');
    const settled = { type: 'undo.settled', scenario: 'A', byHand: 'gameday lab start pg-2' };
    foldRecord(state, at(3_000, { ...settled, fault: 'A1', node: 'pg-1', outcome: 'restored' }));
    foldRecord(state, at(3_000, { ...settled, fault: 'A2', node: 'pg-2', outcome: 'not-restored' }));
    // Armed and never asked to stop: there was nothing to restore.
    foldRecord(state, at(3_000, { ...settled, fault: 'A3', node: 'pg-3', outcome: 'restored' }));
    expect(detailsOf(scenario, 3_000)).toEqual(['by hand: gameday lab start pg-2']);
    foldRecord(
      state,
      at(4_000, { type: 'scenario.ended', scenario: 'A', outcome: 'aborted', reason: 'the API is down' }),
    );
    expect(titleOf(scenario, 4_000)).toBe('A aborted, pg-1 restored, pg-2 NOT RESTORED: the API is down');
  });

  test('the verdict when the session was judged', () => {
    const { state } = begun();
    expect(state.verdict).toBe('');
    foldRecord(state, at(5_000, { type: 'session.ended', verdict: 'FAIL', exit: 1, detail: '' }));
    expect(state.verdict).toBe('FAIL, exit 1');
  });

  test('a drill that has ended says how, and claims no verdict', () => {
    const state = newViewState();
    foldRecord(state, at(0, { type: 'session.started', scenarios: [plan] }));
    foldRecord(state, at(1, { type: 'scenario.ended', scenario: 'A', outcome: 'completed', reason: '' }));
    const scenario = state.scenarios.get('A');
    expect(scenario && titleOf(scenario, 2)).toBe('A completed: Postgres failover');
  });
});

test('headings of a runbook, those in code blocks left out', () => {
  const text =
    '# Title\n\n## Detection ##\n```sh\n# not a heading\n```\n~~~\n```\n## neither\n~~~\n### Deep one\n#no space\n';
  expect(headingsOf(text)).toEqual(['Title', 'Detection', 'Deep one']);
});
