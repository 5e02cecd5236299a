import { describe, expect, it } from 'vitest';
import { Coverage } from './random/coverage.ts';
import type { SessionPlan } from './random/plan.ts';
import { Stage } from './random/stage.ts';

/** One drill whose outage and verify are longer than any lease, and in which nothing goes wrong by itself. */
const LONG: SessionPlan = {
  seed: 1,
  nodes: ['n1', 'n2', 'n3'],
  drills: [
    {
      id: 'A',
      victims: ['n1'],
      maxDown: 1,
      staggerMs: 0,
      recoversAfter: 'fault',
      steadyMs: 1_000,
      outageMs: 20_000,
      verifyMs: 15_000,
      undoDeadlineMs: 30_000,
    },
  ],
  twice: false,
  alerts: true,
  metrics: false,
  stopAlert: false,
  logEnds: false,
  again: false,
  failoverMs: 1_500,
  loseAtFailover: 0,
  syncMs: 0,
  stops: [],
  starts: [],
  guardRefusal: undefined,
  blows: [],
};

/** A whole session whose guard is stopped `ms` after the drill's fault was proven, for so long. */
async function withGuardStopped(forMs: number, thenToTool?: 'SIGKILL' | 'SIGSTOP') {
  const stage = new Stage(LONG, new Coverage());
  const { machine } = stage;
  let isStruck = false;
  machine.onPoint = (process, { what }, where) => {
    if (isStruck || process.role !== 'tool' || what !== 'fault.proven' || where !== 'after') return;
    isStruck = true;
    for (const guard of machine.processes.filter(({ role }) => role === 'guard')) {
      guard.signal('SIGSTOP');
      machine.clock.after(forMs, () => guard.signal('SIGCONT'));
    }
    if (thenToTool !== undefined) machine.clock.after(forMs + 2_000, () => process.signal(thenToTool));
  };
  const signals: string[] = [];
  const { onSignal } = machine;
  machine.onSignal = (from, pid, signal) => {
    signals.push(`${from.role} sends ${signal}`);
    onSignal(from, pid, signal);
  };
  const ends = await machine.run(600_000, async () => {
    await stage.startTool().ended;
    return Promise.all(machine.processes.map(async ({ role, ended }) => ({ role, ...(await ended) })));
  });
  return { stage, signals, ends };
}

describe('a guard that was stopped and goes on', () => {
  it.each([9_000, 12_000, 22_000, 32_000, 60_000])(
    'after %dms ends no tool that lives, and is dismissed by it',
    async (ms) => {
      const { stage, signals, ends } = await withGuardStopped(ms);
      expect(stage.checks.broken).toEqual([]);
      expect(signals).toEqual([]);
      expect(ends).toEqual([
        { role: 'tool', how: 'exit', code: ms < 10_000 ? 0 : 3 },
        { role: 'guard', how: 'exit', code: 0 },
      ]);
      expect(stage.field.cluster.down()).toEqual([]);
    },
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)('still restores when the tool gets a %s afterwards', async (signal) => {
    const { stage, signals, ends } = await withGuardStopped(12_000, signal);
    expect(stage.checks.broken).toEqual([]);
    expect(signals).toEqual(signal === 'SIGSTOP' ? ['guard sends SIGKILL'] : []);
    expect(ends).toEqual([
      { role: 'tool', how: 'signal', signal: 'SIGKILL' },
      { role: 'guard', how: 'exit', code: 0 },
    ]);
    expect(stage.field.cluster.down()).toEqual([]);
  });
});
