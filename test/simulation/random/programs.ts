import { findLeftovers } from '../../../src/cli/leftovers.ts';
import { recoveredExit } from '../../../src/cli/recovery-text.ts';
import { GamedayError } from '../../../src/core/errors.ts';
import type { Drill } from '../../../src/core/scenario.ts';
import { keepGuard, LEASE_MS } from '../../../src/engine/guard.ts';
import { holdEnvironment } from '../../../src/engine/lock.ts';
import { type Recovered, recoverSession } from '../../../src/engine/recover.ts';
import { runSession } from '../../../src/engine/session.ts';
import type { HeldLock, World } from '../../../src/world/world.ts';
import { simDrill, simLedgers } from '../../support/sim-drill.ts';
import type { SimProcess } from '../../support/sim-process.ts';
import { simStarted } from '../../support/sim-session.ts';
import { STOP_ALERT } from './alert-servers.ts';
import type { DrillPlan } from './plan.ts';
import { ENVIRONMENT, LOCK, SESSIONS, type Stage } from './stage.ts';

/** Slower than real ones: a session has to be short to be played often. */
const PACE = { apiMs: 2_000, rolesMs: 2_000, writesMs: 1_000 };

/** `gameday run`. */
export async function runTool(stage: Stage, world: World, process: SimProcess): Promise<number> {
  const drills = stage.plan.drills.flatMap((drill) => strikesOf(stage, drill));
  const { session, folder } = stage;
  const platforms = stage.platformsFor(process);
  await world.fs.makeFolder(folder, 0o700);
  try {
    const result = await runSession({
      world,
      sessionId: session,
      folder,
      started: { ...simStarted(drills, LOCK), session },
      drills,
      platforms,
      alerts: stage.alertServers.source(() => stage.nowMs()),
      lockPath: LOCK,
      redact: (text) => text,
      abort: { errorRunMs: 45_000, ...(stage.plan.stopAlert ? { alerts: [STOP_ALERT] } : {}) },
      version: '0.0.0',
      leftovers: (signal) =>
        findLeftovers(world, { lockPath: LOCK, sessions: SESSIONS, platforms, environment: ENVIRONMENT }, signal),
      onClosed: async () => undefined,
      startGuard: () => world.guards.start(['guard']),
      onRecord: (record) => stage.recorded(process, record),
      onLeftDown: () => {
        stage.seen = { ...stage.seen, leftDown: true };
      },
      onJournalLost: () => {
        stage.seen = { ...stage.seen, journalLost: true };
      },
    });
    stage.toolEnd = { result };
    return result.exit;
  } catch (error) {
    stage.toolEnd = { error };
    stage.say(`${process.name}: ${String(error)}`);
    if (error instanceof GamedayError) return error.exitCode;
    throw error;
  }
}

/** `gameday guard`. */
export async function runGuard(stage: Stage, world: World, process: SimProcess): Promise<number> {
  const tool = stage.machine.processes.findLast(({ role }) => role === 'tool');
  if (tool === undefined) throw new Error('there is no tool');
  const kept = await keepGuard({
    world,
    tool: tool.ref,
    leash: world.guards.leash(),
    leaseMs: LEASE_MS,
    lock: () => lockForGuard(world),
    recover: (reason) => recoverIn(stage, world, process, 'guard', reason),
  });
  if (kept === 'dismissed') return 0;
  stage.recovered(process, kept);
  return recoveredExit(kept);
}

/** `gameday recover`. */
export async function runRecover(stage: Stage, world: World, process: SimProcess): Promise<number> {
  const lock = await tryLock(world);
  if (lock === undefined) return 3;
  try {
    const recovered = await recoverIn(stage, world, process, 'recover', 'asked for by a person');
    stage.recovered(process, recovered);
    return recoveredExit(recovered);
  } catch (error) {
    stage.say(`${process.name}: ${String(error)}`);
    if (error instanceof GamedayError) return error.exitCode;
    throw error;
  } finally {
    await lock.release();
  }
}

function recoverIn(
  stage: Stage,
  world: World,
  process: SimProcess,
  origin: 'guard' | 'recover',
  reason: string,
): Promise<Recovered> {
  return recoverSession({
    world,
    folder: stage.folder,
    origin,
    reason,
    platforms: async () => stage.platformsFor(process),
    ledgers: (started) => simLedgers(stage.field.cluster, started),
    redact: (text) => text,
    version: '0.0.0',
    onRecord: (record) => stage.recorded(process, record),
    onLeftDown: () => undefined,
  });
}

function strikesOf(stage: Stage, plan: DrillPlan): readonly Drill[] {
  const first = drillOf(stage, plan);
  if (!stage.plan.twice) return [first];
  const second = drillOf(stage, plan);
  return [first, { ...second, plan: { ...second.plan, id: `${plan.id}-2`, secondOf: plan.id } }];
}

function drillOf(stage: Stage, plan: DrillPlan): Drill {
  const { cluster } = stage.field;
  const { id, maxDown, recoversAfter, steadyMs, outageMs, verifyMs, undoDeadlineMs } = plan;
  const drill = simDrill(cluster, {
    id,
    pace: PACE,
    plan: {
      maxDown,
      recoversAfter,
      steadyMs,
      outageMs,
      verifyMs,
      undoDeadlineMs,
      observeDeadlineMs: 25_000,
      healDeadlineMs: 20_000,
      ...(stage.plan.alerts ? {} : { alerts: [] }),
    },
  });
  return {
    ...drill,
    strike: async () => {
      const first = cluster.primary() ?? plan.victims[0] ?? '';
      const names = [first, ...plan.victims.filter((name) => name !== first)].slice(0, plan.victims.length);
      return names.map((name, index) => ({
        node: { name, platform: 'sim', labels: { node: name } },
        afterMs: index * plan.staggerMs,
      }));
    },
  };
}

/** As `gameday guard` does it: whatever keeps the lock from it, it tries again. */
async function lockForGuard(world: World): Promise<HeldLock | undefined> {
  const { processes, env } = world;
  const answer = await world.locks.acquire(LOCK, { ...processes.self, host: env.hostname, session: 'one', since: '' });
  return 'held' in answer ? answer.held : undefined;
}

async function tryLock(world: World): Promise<HeldLock | undefined> {
  try {
    return await holdEnvironment(world, LOCK, 'one');
  } catch (error) {
    if (error instanceof GamedayError && error.code === 'environment-busy') return undefined;
    throw error;
  }
}
