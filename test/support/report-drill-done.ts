import type { GamedayEvent, SessionStarted } from '../../src/journal/events.ts';
import { node } from './report-plan.ts';

type Timed = readonly [number, GamedayEvent];

/** What was done in the drill of `drillA`, with the seconds at which it was. */
export function doneInA(started: SessionStarted): readonly Timed[] {
  const scenario = 'A';
  const fault = { scenario, fault: 'A1' } as const;
  const phase = (
    seconds: number,
    name: 'steady' | 'inject' | 'observe' | 'restore' | 'verify',
    end: number,
    detail: string,
  ) => {
    phases.push(
      [seconds, { type: 'phase.started', scenario, phase: name }],
      [end, { type: 'phase.ended', scenario, phase: name, ok: true, detail }],
    );
  };
  const phases: Timed[] = [];
  phase(1, 'steady', 19.9, 'one primary, one secondary, writes acknowledged for 10s');
  phase(19.9, 'inject', 20.6, 'pg-1 is gone');
  phase(20.6, 'observe', 36, 'recovered, and the outage lasted 15s');
  phase(36, 'restore', 38, 'pg-1 is up');
  phase(38, 'verify', 46, 'one primary, one secondary for 5s');
  return [
    [0, { type: 'writer.started', origin: 'run', version: '0.1.0', pid: 4711, host: 'drill-host', bootId: 'boot-1' }],
    [0, started],
    [
      0.4,
      {
        type: 'check',
        scenario,
        check: {
          name: 'attainability',
          status: 'warning',
          detail: 'a failover takes 50.5s to 58s with these settings',
          hint: 'lower node_considered_unhealthy_timeout',
        },
      },
    ],
    [1, { type: 'scenario.started', scenario }],
    ...phases,
    [
      19.95,
      {
        type: 'undo.armed',
        ...fault,
        undo: {
          platform: 'lab',
          node: node('pg-1'),
          action: 'start',
          deadlineMs: 60_000,
          verify: 'up',
          byHand: 'gameday lab start pg-1',
        },
      },
    ],
    [20, { type: 'fault.requested', ...fault, node: node('pg-1'), action: 'stop', deadlineMs: 10_000 }],
    [20.01, { type: 'fault.command', ...fault, command: { pid: 5000, startTime: '123' } }],
    [20.04, { type: 'fault.settled', ...fault, outcome: 'applied', detail: '9 processes killed' }],
    [
      20.3,
      {
        type: 'fault.proven',
        ...fault,
        node: 'pg-1',
        platform: 'no process left',
        independent: 'connection to 127.0.0.1:5433 refused',
      },
    ],
    [25.1, { type: 'recovered', scenario, detail: 'pg-2 is wait_primary and writes are acknowledged' }],
    [36, { type: 'undo.requested', ...fault, node: 'pg-1', attempt: 1 }],
    [
      38,
      {
        type: 'undo.settled',
        ...fault,
        node: 'pg-1',
        outcome: 'restored',
        verifiedBy: 'up at 37.0s and still up at 38.0s',
        detail: '',
        byHand: 'gameday lab start pg-1',
      },
    ],
    [45, { type: 'note', scenario, text: 'the team watched the monitor, not the API' }],
    [45.5, { type: 'gap', scenario, kind: 'alert-missing', text: 'no alert says that the standby became primary' }],
    [46, { type: 'scenario.ended', scenario, outcome: 'completed', reason: '' }],
    [46.5, { type: 'note', scenario: null, text: 'end of the drills' }],
    [47, { type: 'session.ended', verdict: 'PASS', exit: 0, detail: '1 of 1 drills passed' }],
    [47.1, { type: 'session.sealed', head: 'c'.repeat(64) }],
  ];
}
