import { join } from 'node:path';
import { expect } from 'vitest';
import type { JournalRecord, RecordOf } from '../../src/journal/events.ts';
import type { ProcessRef } from '../../src/world/world.ts';
import {
  command,
  expectAllUp,
  labFolder,
  labStatus,
  type Run,
  readSession,
  secretsOfLab,
  startRun,
  world,
} from './lab-drills.ts';
import { filesBelow, holding } from './leaks.ts';
import { until } from './real-servers.ts';
import { SimRandom } from './sim-random.ts';

/** What happens to whom: killed hard, or stopped for less or more than the lease and then continued. */
export const MANNERS = ['tool', 'tool and guard', 'guard', 'tool stopped briefly', 'tool stopped for long'] as const;
export type Manner = (typeof MANNERS)[number];

/** One blow in the middle of a drill: `delayMs` after the first such line of the journal. */
export interface Blow {
  readonly scenario: string;
  readonly manner: Manner;
  readonly after: 'scenario.started' | 'undo.armed' | 'undo.requested';
  readonly delayMs: number;
  /** For a tool that is stopped and continued. */
  readonly stoppedMs: number;
}

/** Longest delays: into the steady phase, over the whole outage, and past the end of the drill. */
const LONGEST_MS = { 'scenario.started': 4_000, 'undo.armed': 9_000, 'undo.requested': 6_000 } as const;
/** The tool is ended by its guard once its lease of 10 s has run out. */
const LEASE_OVER_MS = 12_000;
const ENDED_WITHIN_MS = 90_000;

/** The same blows for the same seed; each manner and each scenario has its turn. */
export function blowsOf(seed: number, count: number, scenarios: readonly string[]): readonly Blow[] {
  const random = new SimRandom(seed);
  // Mostly while a node is down.
  const moments: readonly Blow['after'][] = [
    'scenario.started',
    'undo.armed',
    'undo.armed',
    'undo.armed',
    'undo.requested',
  ];
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / MANNERS.length);
    const after = moments[random.below(moments.length)] ?? 'undo.armed';
    return {
      scenario: scenarios[(2 * index + round) % scenarios.length] ?? 'D',
      manner: MANNERS[index % MANNERS.length] ?? 'tool',
      after,
      delayMs: random.below(LONGEST_MS[after]),
      stoppedMs: 500 + random.below(5_000),
    };
  });
}

export interface AfterBlow {
  /** From the blow until the last node was restored; undefined when none was down by our hand. */
  readonly restoredMs: number | undefined;
  readonly verdict: string;
}

/** Runs the drill, strikes, and looks at the servers themselves: every node up, every stack well, a journal that verifies. */
export async function strike(blow: Blow): Promise<AfterBlow> {
  const run = await startRun({ only: blow.scenario, command: ['run', '--profile', 'smoke', '--plain'] });
  const guard = await guardOf(run);
  await run.record(blow.after);
  await world.clock.sleep(blow.delayMs);
  const at = world.clock.now();
  await hit(blow, run, guard);
  const { stdout, stderr } = await run.ended;
  const shown = new Map([['run', stdout + stderr]]);
  await until('the end of the guard', async () => !(await world.processes.alive(guard)) || undefined, ENDED_WITHIN_MS);
  const folder = await run.folder();
  if (blow.manner === 'tool and guard') {
    const { notUp } = await labStatus();
    if (notUp.length > 0) {
      // Nothing new is broken over it, and whoever comes next is told what to do.
      const next = await command('run', '--only', blow.scenario, '--lab-dir', labFolder, '--sessions', run.sessions);
      // A start that was ordered before the blow may still bring one up.
      const still = (await labStatus()).notUp;
      expect(notUp).toEqual(expect.arrayContaining([...still]));
      if (still.length > 0) {
        expect(next.code, next.stderr).toBe(3);
        expect(next.stderr).toContain(`gameday recover ${folder}`);
      }
    }
    const recovered = await command('recover', folder);
    shown.set('recover', recovered.stdout + recovered.stderr);
    expect(recovered.code, shown.get('recover')).toBe(0);
  }
  await expectAllUp();
  await until(
    'every stack to be well again',
    async () =>
      (await command('doctor', '--only', blow.scenario, '--lab-dir', labFolder, '--sessions', run.sessions)).code ===
        0 || undefined,
    ENDED_WITHIN_MS,
  );
  const verified = await command('verify', folder);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  // Whoever restored had the passwords too, and wrote on where the tool was cut off.
  const written = await filesBelow(run.sessions);
  expect([...written.keys()]).toContain(join(folder, 'session.log'));
  expect(holding(new Map<string, Buffer | string>([...shown, ...written]), await secretsOfLab())).toEqual([]);
  return outcomeOf((await readSession(folder)).records, at);
}

async function hit(blow: Blow, run: Run, guard: ProcessRef): Promise<void> {
  const { processes, clock } = world;
  switch (blow.manner) {
    case 'tool':
      return processes.kill(run.pid, 'SIGKILL');
    case 'tool and guard':
      processes.kill(guard.pid, 'SIGKILL');
      return processes.kill(run.pid, 'SIGKILL');
    case 'guard':
      return processes.kill(guard.pid, 'SIGKILL');
    case 'tool stopped briefly':
      processes.kill(run.pid, 'SIGSTOP');
      await clock.sleep(blow.stoppedMs);
      return processes.kill(run.pid, 'SIGCONT');
    case 'tool stopped for long':
      processes.kill(run.pid, 'SIGSTOP');
      await clock.sleep(LEASE_OVER_MS);
      return processes.kill(run.pid, 'SIGCONT');
  }
}

async function guardOf(run: Run): Promise<ProcessRef> {
  const started = await run.record('guard.started');
  if (started.type !== 'guard.started') throw new Error(`not a guard: ${started.type}`);
  return started.guard;
}

function outcomeOf(records: readonly JournalRecord[], at: number): AfterBlow {
  const of = <T extends JournalRecord['type']>(type: T) =>
    records.filter((record): record is RecordOf<T> => record.type === type);
  const settled = of('undo.settled');
  for (const { node, outcome, detail } of settled) expect(outcome, `${node}: ${detail}`).toBe('restored');
  expect(settled.length, 'every armed undo is settled').toBe(of('undo.armed').length);
  const left = of('gap').flatMap(({ kind, text }) => (kind === 'leftover-data' ? [text] : []));
  const removed = `all that the ledgers wrote is removed; left: ${left.join('; ')}`;
  expect(of('ledger.removed').length, removed).toBe(of('ledger.opened').length);
  const after = settled.filter(({ t }) => t > at);
  const ended = of('session.ended').at(-1);
  // A guard that is lost after the outage, when the way back has begun, spoils nothing that was measured.
  const observed = of('phase.ended').find(({ phase }) => phase === 'observe')?.t ?? Number.POSITIVE_INFINITY;
  if (of('takeover').length > 0 || of('guard.lost').some(({ t }) => t < observed))
    expect(ended?.verdict).not.toBe('PASS');
  return {
    restoredMs: after.length > 0 ? Math.max(...after.map(({ t }) => t)) - at : undefined,
    verdict: ended?.verdict ?? 'none',
  };
}
