import type { GateSpec } from '../../src/core/gate.ts';
import type { GamedayEvent } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { alerts, badRun, data, errorRun, healed, noBad, restored, rto, silent } from '../../src/verdict/gates/index.ts';
import { judgeSession, type SessionJudgement } from '../../src/verdict/judge.ts';
import { type DrillParts, drill } from './journal-builder.ts';

/** Gates of a drill that passes; in this order. */
export const GATES: readonly GateSpec[] = [
  rto.spec('rto', 'writes are back', {
    series: { ledger: 'writes' },
    from: 'fault',
    limitMs: 60_000,
    sustain: 5,
    mustBreak: true,
  }),
  data.spec('data', 'nothing is lost', { ledger: 'writes', maxLost: 0 }),
  noBad.spec('api', 'the API never fails', { series: [{ probe: 'api' }], window: 'whole', minSamples: 50 }),
  errorRun.spec('run', 'no long run', { probes: ['api'], window: 'whole', limitMs: 30_000 }),
  restored.spec('restored', 'all back', {}),
  healed.spec('healed', 'healed', {}),
];

export const SESSION_GATES: readonly GateSpec[] = [
  silent.spec('silent', 's', {}),
  badRun.spec('bad-run', 'b', { limitMs: 30_000 }),
  alerts.spec('alerts', 'a', {}),
];

/** A drill that passes all of these gates, with the changes that a test asks for. */
export function peerDrill(parts: DrillParts = {}) {
  return drill({ gates: GATES, session: { sessionGates: SESSION_GATES }, ...parts });
}

/** Judges the changed drill as records in memory: the gates themselves are asked, whatever a reader would say first. */
export function judge(parts: DrillParts = {}): SessionJudgement {
  return judgeSession(peerDrill(parts).view());
}

/** Judges the changed drill as it would stand in a file. */
export function judgeFile(parts: DrillParts = {}): SessionJudgement {
  return judgeLines(peerDrill(parts).lines);
}

/** Judges lines as `report` and `verify` do. */
export function judgeLines(lines: readonly string[]): SessionJudgement {
  const { records, problems } = readJournal(Buffer.from(`${lines.join('\n')}\n`));
  return judgeSession(foldJournal(records), problems);
}

/** The gate of that name, of the one drill or of the session. */
export function resultOf({ scenarios, session }: SessionJudgement, id: string) {
  const gate = [...(scenarios[0]?.gates ?? []), ...session].find((one) => one.spec.id === id);
  if (gate === undefined) throw new Error(`no gate ${id}`);
  return gate.result;
}

/** Changes all events of one type. */
export function change(
  type: GamedayEvent['type'],
  to: (event: GamedayEvent) => GamedayEvent | undefined,
): NonNullable<DrillParts['change']> {
  return (event) => (event.type === type ? to(event) : event);
}
