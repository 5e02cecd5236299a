import { formatDuration } from '../../core/duration.ts';
import { messageOf } from '../../core/errors.ts';
import { UNDO_OF, type Victim } from '../../core/node.ts';
import { DeadlineError, until, withDeadline } from '../../world/await.ts';
import { verifyBlastRadius, verifyStrike } from '../blast-radius.ts';
import { type DrillRun, DrillStopped, inPhase, isOurOwn, type LiveFault, platformOf, stoppedBy } from '../drill-run.ts';
import { FAULT_DEADLINE_MS } from '../undo.ts';

const PROOF_DEADLINE_MS = 10_000;
const PROOF_EVERY_MS = 20;
const LOOK_DEADLINE_MS = 10_000;
/** What was seen of the stack is believed for so long: whoever stands still between the look and the stop looks again. */
const LOOK_HOLDS_MS = 5_000;

/** Breaks the strike's nodes one after the other: blast radius, undo armed on disk, stop, proof. */
export async function injectPhase(run: DrillRun): Promise<void> {
  const { world, signal } = run;
  await inPhase(run, 'inject', async () => {
    const victims = await chooseVictims(run);
    verifyStrike(run, victims);
    const names = victims.map(({ node }) => node.name);
    let before = { provenAt: world.clock.now(), afterMs: 0 };
    for (const victim of victims) {
      // From the proof and not from the request: a slow stop must not eat up the time with one node down.
      await world.clock.sleep(before.provenAt + victim.afterMs - before.afterMs - world.clock.now(), signal);
      if (signal.aborted) throw stoppedBy(signal);
      // The first is not struck where the last would be too many; and since it fell, others may have gone by themselves.
      const lookedAt = world.clock.boot();
      await verifyBlastRadius(run, names.slice(run.faults.length));
      await strikeOne(run, victim, lookedAt);
      before = { provenAt: world.clock.now(), afterMs: victim.afterMs };
    }
    const detail = `${run.faults.map((fault) => fault.node.name).join(' and ')} proven gone`;
    return { ok: true, detail };
  });
}

/** Without a victim nothing is broken, and the drill says why. */
async function chooseVictims({ drill, world, signal }: DrillRun): Promise<readonly Victim[]> {
  try {
    return await withDeadline(world.clock, LOOK_DEADLINE_MS, signal, (inner) => drill.strike(inner));
  } catch (error) {
    if (signal.aborted || isOurOwn(error)) throw error;
    throw new DrillStopped('not-injected', `no victim could be chosen: ${messageOf(error)}`, error);
  }
}

async function strikeOne(run: DrillRun, victim: Victim, lookedAt: number): Promise<void> {
  const { drill, recorder } = run;
  const { node } = victim;
  const { id, secondOf, action } = drill.plan;
  const platform = platformOf(run, node);
  const undoAction = UNDO_OF[action];
  const fault: LiveFault = {
    scenario: id,
    fault: `${id}${secondOf === undefined ? '' : '.'}${run.faults.length + 1}`,
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
  if (run.signal.aborted) throw stoppedBy(run.signal);
  await request(run, fault, lookedAt);
  await prove(run, fault);
}

async function request(run: DrillRun, fault: LiveFault, lookedAt: number): Promise<void> {
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
  const settled = { type: 'fault.settled', scenario, fault: fault.fault } as const;
  const giveNone = (detail: string) => recorder.record({ ...settled, outcome: 'failed', detail, commandGiven: false });
  if (run.signal.aborted) {
    await giveNone('the drill was ended before');
    throw stoppedBy(run.signal);
  }
  const oldMs = world.clock.boot() - lookedAt;
  if (oldMs > LOOK_HOLDS_MS) {
    const why = `the stack was looked at ${formatDuration(oldMs)} before, and may have lost another member since`;
    await giveNone(why);
    throw new DrillStopped(run.faults.length === 1 ? 'not-injected' : 'aborted', why);
  }
  fault.requestedAt = requested.t;
  const commands: LiveFault['commands'][number][] = [];
  // From now on: the request itself took a trip to the disk.
  Object.assign(fault, { commands, faultDeadlineAt: world.clock.now() + FAULT_DEADLINE_MS });
  // Whoever ends the drill ends a stop that hangs too, but waits for the platform to end its children: the undo must not
  // run beside it.
  const given = world.clock.deadline(FAULT_DEADLINE_MS, run.signal);
  let outcome: 'applied' | 'failed' | 'indeterminate' = 'applied';
  let detail = '';
  try {
    await withDeadline(world.clock, FAULT_DEADLINE_MS, undefined, () =>
      act(fault.node, {
        signal: given.signal,
        onCommand: (command) => {
          commands.push(command);
          void recorder.attempt({ type: 'fault.command', scenario, fault: fault.fault, command });
        },
      }),
    );
  } catch (error) {
    // Of one that was cut short nobody knows what it did.
    outcome = error instanceof DeadlineError || given.signal.aborted ? 'indeterminate' : 'failed';
    detail = messageOf(error);
  } finally {
    given.cancel();
  }
  // We may have stood still before the command began. It has begun by now, and lands before its own deadline.
  Object.assign(fault, { faultDeadlineAt: world.clock.now() + FAULT_DEADLINE_MS });
  await recorder.record({ ...settled, outcome, detail });
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
      if (signal.aborted) throw stoppedBy(signal);
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
