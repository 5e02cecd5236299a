import { messageOf } from '../../core/errors.ts';
import { onInterrupts } from '../../engine/interrupts.ts';
import type { JournalRecord, RecordOf } from '../../journal/events.ts';
import { runbookStep } from '../../report/runbook-step.ts';
import type { World } from '../../world/world.ts';
import { say } from '../say.ts';
import { plainView } from './plain.ts';
import type { SessionView } from './view.ts';

export interface AlarmedView extends SessionView {
  /** Says at once what a person has to know now, also where nothing can be journaled any more. */
  alarm(text: string): void;
}

/**
 * A view that names, at the second interrupt and at each one after it, the commands that undo by hand what is still
 * broken, and the runbooks' sections on recovery. One that is drawn in place would be drawn over them: it ends there, and plain lines go on. It listens for
 * itself, because the journal may be what is lost.
 */
export function withCommandsByHand(
  world: Pick<World, 'signals' | 'tty'>,
  first: SessionView,
  isDrawnInPlace: boolean,
): AlarmedView {
  const armed = new Map<string, Armed>();
  let started: RecordOf<'session.started'> | undefined;
  let view = first;
  let left: Promise<void> | undefined;
  let stopListening: (() => void) | undefined;
  const leaveDrawing = async (): Promise<void> => {
    if (!isDrawnInPlace) return;
    view = plainView(world.tty.err);
    await first
      .end()
      .catch((error: unknown) => say(world.tty.err, `warning: the view broke down: ${messageOf(error)}\n`));
  };
  return {
    alarm(text) {
      left ??= leaveDrawing();
      void left.then(() => say(world.tty.err, text));
    },
    onRecord(record) {
      // Not before the session itself listens: until then a signal has to end the process.
      stopListening ??= onInterrupts(world.signals, (_, count) => {
        if (count < 2) return;
        left ??= leaveDrawing();
        void left.then(() => say(world.tty.err, commandsText([...armed.values()].toReversed(), started)));
      });
      if (record.type === 'session.started') started = record;
      keep(armed, record);
      view.onRecord(record);
    },
    async end() {
      stopListening?.();
      await left;
      await view.end();
    },
  };
}

/** A fault whose undo is armed. */
interface Armed {
  readonly scenario: string;
  readonly byHand: string;
}

function keep(armed: Map<string, Armed>, record: JournalRecord): void {
  if (record.type === 'undo.armed') armed.set(record.fault, { scenario: record.scenario, byHand: record.undo.byHand });
  if (record.type === 'undo.settled' && record.outcome === 'restored') armed.delete(record.fault);
}

function commandsText(armed: readonly Armed[], started: RecordOf<'session.started'> | undefined): string {
  if (armed.length === 0) return 'interrupted again: nothing is broken, the session is being closed\n';
  const list = armed.map(({ byHand }) => `  ${byHand}\n`).join('');
  const runbooks = new Set(
    (started?.scenarios ?? [])
      .filter(({ id }) => armed.some(({ scenario }) => scenario === id))
      .flatMap((plan) => runbookStep(started?.runbooks ?? [], plan, 'recover') ?? []),
  );
  const more = [...runbooks].map((one) => `then go on as in ${one}\n`).join('');
  return `interrupted again: still restoring. Where this does not come to its end, type, in this order:\n${list}${more}`;
}
