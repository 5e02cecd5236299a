import { formatDuration } from '../../core/duration.ts';
import { messageOf } from '../../core/errors.ts';
import { type NodeRef, UNDO_OF, type Victim } from '../../core/node.ts';
import { DeadlineError, until, withDeadline } from '../../world/await.ts';
import { type DrillRun, DrillStopped, inPhase, type LiveFault, platformOf } from '../drill-run.ts';

/** A fault command that has not ended by then is ended, and its outcome is indeterminate. */
const FAULT_DEADLINE_MS = 10_000;
const PROOF_DEADLINE_MS = 10_000;
const PROOF_EVERY_MS = 20;
const LOOK_DEADLINE_MS = 10_000;

/** Breaks the strike's nodes one after the other: blast radius, undo armed on disk, stop, proof. */
export async function injectPhase(run: DrillRun): Promise<void> {
  const { drill, world, signal } = run;
  await inPhase(run, 'inject', async () => {
    const victims = await withDeadline(world.clock, LOOK_DEADLINE_MS, signal, (inner) => drill.strike(inner));
    if (victims.length === 0) throw new DrillStopped('not-injected', 'no victim could be chosen');
    let before = { provenAt: world.clock.now(), afterMs: 0 };
    for (const victim of victims) {
      // From the proof and not from the request: a slow stop must not eat up the time with one node down.
      await world.clock.sleep(before.provenAt + victim.afterMs - before.afterMs - world.clock.now(), signal);
      if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted');
      await strikeOne(run, victim);
      before = { provenAt: world.clock.now(), afterMs: victim.afterMs };
    }
    const detail = `${run.faults.map((fault) => fault.node.name).join(' and ')} proven gone`;
    return { ok: true, detail };
  });
}

async function strikeOne(run: DrillRun, victim: Victim): Promise<void> {
  const { drill, recorder } = run;
  const { node } = victim;
  const { id, action } = drill.plan;
  if (!drill.plan.nodes.some((known) => known.name === node.name && known.platform === node.platform)) {
    throw new DrillStopped('not-injected', `${node.name} is not named in the configuration of scenario ${id}`);
  }
  await checkBlastRadius(run, node);
  const platform = platformOf(run, node);
  const undoAction = UNDO_OF[action];
  const fault: LiveFault = {
    scenario: id,
    fault: `${id}${run.faults.length + 1}`,
    undo: {
      platform: platform.id,
      node,
      action: undoAction,
      deadlineMs: drill.plan.undoDeadlineMs,
      verify: 'up',
      byHand: platform.byHand(undoAction, node),
    },
    commands: [],
    // Nothing was requested yet, so nothing can land late.
    faultDeadlineAt: 0,
    node,
  };
  await recorder.record({ type: 'undo.armed', scenario: id, fault: fault.fault, undo: fault.undo });
  run.faults.push(fault);
  run.watch.faultsBegin();
  // Arming takes a trip to the disk: whoever said stop meanwhile must not see a node go down.
  if (run.signal.aborted) throw new DrillStopped('interrupted', 'interrupted');
  await request(run, fault);
  await prove(run, fault);
}

/** No fault that would take more redundant members away than the stack can lose. Read right before each fault, from the live stack. */
async function checkBlastRadius(run: DrillRun, node: NodeRef): Promise<void> {
  const { drill, world, signal } = run;
  const down = await withDeadline(world.clock, LOOK_DEADLINE_MS, signal, (inner) => drill.membersDown(inner));
  const others = down.filter((name) => name !== node.name);
  if (others.length + 1 <= drill.plan.maxDown) return;
  const reason = `stopping ${node.name} would leave ${others.length + 1} of ${drill.plan.nodes.length} down, and ${drill.plan.maxDown} may be (down now: ${others.join(', ') || 'none'})`;
  throw new DrillStopped(run.faults.length === 0 ? 'not-injected' : 'aborted', reason);
}

async function request(run: DrillRun, fault: LiveFault): Promise<void> {
  const { drill, world, recorder } = run;
  const { action } = drill.plan;
  const platform = platformOf(run, fault.node);
  const act = action === 'stop' ? platform.stop?.bind(platform) : platform.pause?.bind(platform);
  if (act === undefined) throw new DrillStopped('not-injected', `platform ${platform.id} cannot ${action} a node`);
  const scenario = drill.plan.id;
  const requested = await recorder.record({
    type: 'fault.requested',
    scenario,
    fault: fault.fault,
    node: fault.node,
    action,
    deadlineMs: FAULT_DEADLINE_MS,
  });
  fault.requestedAt = requested.t;
  const commands: LiveFault['commands'][number][] = [];
  // From now on: the request itself took a trip to the disk.
  Object.assign(fault, { commands, faultDeadlineAt: world.clock.now() + FAULT_DEADLINE_MS });
  let outcome: 'applied' | 'failed' | 'indeterminate' = 'applied';
  let detail = '';
  try {
    // The run's own signal is not passed on: a stop that was cut short is neither done nor undone.
    await withDeadline(world.clock, FAULT_DEADLINE_MS, undefined, (signal) =>
      act(fault.node, {
        signal,
        onCommand: (command) => {
          commands.push(command);
          void recorder.attempt({ type: 'fault.command', scenario, fault: fault.fault, command });
        },
      }),
    );
  } catch (error) {
    outcome = error instanceof DeadlineError ? 'indeterminate' : 'failed';
    detail = messageOf(error);
  }
  await recorder.record({ type: 'fault.settled', scenario, fault: fault.fault, outcome, detail });
}

/** The platform and someone who does not depend on it must both say that the node is gone. */
async function prove(run: DrillRun, fault: LiveFault): Promise<void> {
  const { drill, world, recorder, signal } = run;
  const platform = platformOf(run, fault.node);
  const wanted = drill.plan.action === 'stop' ? 'down' : 'paused';
  let missing = 'nothing was seen yet';
  const limit = world.clock.deadline(PROOF_DEADLINE_MS, signal);
  try {
    const proof = await until(world.clock, { everyMs: PROOF_EVERY_MS, signal: limit.signal }, async () => {
      try {
        return await withDeadline(world.clock, PROOF_DEADLINE_MS, limit.signal, async (inner) => {
          const inspection = await platform.inspect(fault.node, inner);
          if (inspection.state !== wanted) {
            missing = `the platform says ${inspection.state} (${inspection.detail})`;
            return undefined;
          }
          const independent = await drill.gone(fault.node, inner);
          if (independent === undefined) missing = 'the platform says it is gone, but it still answers';
          return independent === undefined
            ? undefined
            : { platform: `${platform.id}: ${inspection.state} (${inspection.detail})`, independent };
        });
      } catch (error) {
        missing = messageOf(error);
        return undefined;
      }
    });
    if (proof === undefined) {
      if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted');
      throw new DrillStopped(
        'unproven',
        `${fault.node.name} could not be proven gone within ${formatDuration(PROOF_DEADLINE_MS)}: ${missing}`,
      );
    }
    const proven = await recorder.record({
      type: 'fault.proven',
      scenario: drill.plan.id,
      fault: fault.fault,
      node: fault.node.name,
      ...proof,
    });
    fault.provenAt = proven.t;
  } finally {
    limit.cancel();
  }
}
