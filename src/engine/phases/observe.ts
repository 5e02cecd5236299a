import { formatDuration } from '../../core/duration.ts';
import { type AlertExpectation, type Condition, FOLLOW_LAG_MS, type LogExpectation } from '../../core/scenario.ts';
import { carriesOne, wantedLabels } from '../../verdict/alerts.ts';
import { ask, makeWaiting } from '../conditions.ts';
import { contextOf, type DrillRun, inPhase, type LiveFault, stoppedBy } from '../drill-run.ts';

const POLL_EVERY_MS = 200;

/** Keeps looking until good service is back (where the stack repairs itself), the outage lasted, and the alerts were seen or their limits passed. */
export async function observePhase(run: DrillRun): Promise<void> {
  const { drill, world, recorder, signal } = run;
  const { id, outageMs, observeDeadlineMs, recoversAfter } = drill.plan;
  await inPhase(run, 'observe', async () => {
    const startedAt = world.clock.now();
    const lastProven = Math.max(...run.faults.map((fault) => fault.provenAt ?? startedAt));
    const context = contextOf(run, startedAt);
    const say = makeWaiting(world.clock, recorder, id, 'observe');
    let recovered = recoversAfter === 'undo';
    while (true) {
      if (signal.aborted) throw stoppedBy(signal);
      const now = world.clock.now();
      const service: Condition = recovered
        ? { ok: true, detail: 'service is back' }
        : await ask(world.clock, signal, (inner) => drill.recovered(context(inner)));
      if (service.ok && !recovered) {
        recovered = true;
        await recorder.record({ type: 'recovered', scenario: id, detail: service.detail });
      }
      const left = [
        ...(service.ok ? [] : [service.detail]),
        ...(now - lastProven >= outageMs ? [] : [`the end of the outage of ${formatDuration(outageMs)}`]),
        ...alertsNotSeen(run).map((alert) => `alert ${alertText(run, alert)} firing`),
        ...logsNotHeard(run).map((log) => `log line "${log.name}"`),
      ];
      if (left.length === 0)
        return { ok: true, detail: recoversAfter === 'fault' ? service.detail : 'the outage lasted as planned' };
      await say({ ok: false, detail: `waiting for ${left.join(', ')}` });
      if (now - lastProven >= observeDeadlineMs) {
        const detail = `after ${formatDuration(observeDeadlineMs)} still waiting for ${left.join(', ')}`;
        await recorder.note(id, `${detail}: restored now`);
        return { ok: false, detail };
      }
      await world.clock.sleep(POLL_EVERY_MS, signal);
    }
  });
}

/** Expected alerts that Alertmanager does not show, or tells nobody of, and whose limit has not passed. */
function alertsNotSeen(run: DrillRun): readonly AlertExpectation[] {
  const { drill, watch } = run;
  if (watch.alerts === undefined || !watch.alerts.isReachable) return [];
  const active = watch.alerts.activeNow().filter((alert) => alert.where === 'alertmanager' && alert.state === 'firing');
  return drill.plan.alerts.filter((expected) => {
    const fault = faultOf(run, expected);
    if (fault?.requestedAt === undefined || isOver(run, expected, fault)) return false;
    const wanted = wantedLabels(expected, [fault]);
    return !active.some((alert) => alert.name === expected.name && carriesOne(alert.labels, wanted));
  });
}

/** With its node where another expected alert has the same name: `MinioNodeDown (minio-2)`. */
function alertText(run: DrillRun, expected: AlertExpectation): string {
  const { name, of } = expected;
  const namesakes = run.drill.plan.alerts.filter((one) => one.name === name);
  const node = of === 'any' ? undefined : faultOf(run, expected)?.node.name;
  return namesakes.length < 2 || node === undefined ? name : `${name} (${node})`;
}

/** From the proof, which may take long: only then is it sure that an alert which never came has missed its limit. */
function isOver({ world, faults }: DrillRun, { of, withinMs }: AlertExpectation, fault: LiveFault): boolean {
  const proven = of === 'any' ? faults.at(-1)?.provenAt : fault.provenAt;
  return world.clock.now() - (proven ?? world.clock.now()) > withinMs;
}

/** Expected log lines that did not come and whose limit has not passed, with the time that following a log may take. */
function logsNotHeard({ faults, watch, world }: DrillRun): readonly LogExpectation[] {
  const proven = faults.at(-1)?.provenAt ?? world.clock.now();
  return watch.logs.unheard().filter((log) => world.clock.now() - proven <= log.withinMs + FOLLOW_LAG_MS);
}

function faultOf(run: DrillRun, expected: AlertExpectation): LiveFault | undefined {
  return run.faults[expected.of === 'second' ? 1 : 0];
}
