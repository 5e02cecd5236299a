import { LEASE_MS } from '../../../src/engine/guard.ts';
import type { JournalRecord } from '../../../src/journal/events.ts';
import type { Move } from '../../support/sim-field.ts';
import type { Point, SimProcess, Where } from '../../support/sim-process.ts';
import { type ArmedNote, armedNotes } from './armed-notes.ts';
import type { Stage } from './stage.ts';

/** A look that is this old says nothing about now. */
const LOOK_AGE_MS = 500;
const GUARD_GRACE_MS = 1_000;
/** A look that hangs is given up after so long; what others saw meanwhile is as old. */
const PLATFORM_MS = 10_000;

/** What must hold at every moment of a session; each breach is one line. */
export class Checks {
  readonly broken: string[] = [];
  private readonly stage: Stage;
  /** Faults by session and name: a command may land when another session is played already. */
  private readonly restored = new Set<string>();
  private readonly seenUpAt = new Map<string, number>();
  private guardEndedAt: number | undefined;
  private renewedAt = Number.NEGATIVE_INFINITY;

  constructor(stage: Stage) {
    this.stage = stage;
    stage.field.onMove = (move) => this.moved(move);
    stage.machine.onRenewal = () => {
      this.renewedAt = stage.nowMs();
    };
    stage.machine.onSignal = (from, pid, signal) => this.signalled(from, pid, signal);
  }

  /** The guard of the session before is no matter of this one. */
  begin(): void {
    this.guardEndedAt = undefined;
    this.renewedAt = Number.NEGATIVE_INFINITY;
  }

  fail(invariant: string, text: string): void {
    const line = `${invariant}: ${text}`;
    this.stage.say(`BROKEN ${line}`);
    if (this.broken.length < 20) this.broken.push(line);
  }

  inspected(node: string, state: string): void {
    if (state === 'up') this.seenUpAt.set(node, this.stage.nowMs());
  }

  guardEnded(): void {
    this.guardEndedAt = this.stage.nowMs();
  }

  /** A guard ends nobody but a tool that was silent for longer than its lease. */
  private signalled(from: SimProcess, pid: number, signal: string): void {
    const tool = this.stage.machine.processes.find((process) => process.role === 'tool' && process.ref.pid === pid);
    if (from.role !== 'guard' || tool?.isAlive() !== true) return;
    const silentMs = this.stage.nowMs() - this.renewedAt;
    if (silentMs <= LEASE_MS)
      this.fail('only a silent tool is ended', `${from.name} sent ${signal} to the tool, silent for ${silentMs}ms`);
  }

  point(process: SimProcess, point: Point, where: Where): void {
    if (point.op === 'append' && where === 'before' && point.what !== 'text' && !this.stage.holdsLock(process))
      this.fail('one writer', `${process.name} writes ${point.what} without holding the lock`);
  }

  commandBegun(process: SimProcess, action: 'stop' | 'start', node: string): void {
    if (!this.stage.holdsLock(process))
      this.fail('one restorer', `${process.name} runs ${action} ${node} without holding the lock`);
    if (action === 'start') this.undoBegun(process, node);
    else this.faultBegun(process, node);
  }

  recorded(process: SimProcess, record: JournalRecord): void {
    if (record.type !== 'undo.settled' || record.outcome !== 'restored') return;
    const { node, fault, verifiedBy } = record;
    // A disk that hangs makes the line late, and what it says none the older.
    const saidAt = this.stage.nowMs() - (this.stage.machine.now() - record.t);
    this.restored.add(`${this.stage.session} ${fault}`);
    if (verifiedBy === '')
      this.fail('restored after looking', `${process.name}: ${node} restored, and nothing was looked at`);
    const slackMs = LOOK_AGE_MS + this.stage.plan.syncMs + this.stage.stoppedMs(process);
    const seen = this.seenUpAt.get(node);
    if (seen === undefined || saidAt - seen > slackMs)
      this.fail('restored after looking', `${process.name} says that ${node} is restored, and nobody saw it up lately`);
    const last = this.stage.field.lastMove(node);
    if (last?.to === 'down' && (last.cause.who === 'us' || saidAt - last.atMs > slackMs))
      this.fail('restored is up', `${process.name} says that ${node} is restored, and it is down`);
  }

  private faultBegun(process: SimProcess, node: string): void {
    const { stage } = this;
    const note = this.noteFor(node, 'durable');
    if (note === undefined || !note.requested)
      this.fail(
        'undo before fault',
        `${process.name} stops ${node}, and no power cut would leave an armed and requested undo`,
      );
    const drill = stage.plan.drills.find(({ id }) => note?.scenario.startsWith(id) === true);
    // What fell after the last look could not be seen: arming and requesting take their trips to the disk.
    const stoppedMs = stage.stoppedMs(process);
    const unseenMs = LOOK_AGE_MS + 3 * stage.plan.syncMs + stoppedMs + (stage.wasAway() ? PLATFORM_MS : 0);
    const others = stage.field.cluster
      .down()
      .filter((name) => name !== node && stage.nowMs() - (stage.field.lastMove(name)?.atMs ?? 0) > unseenMs);
    if (drill !== undefined && others.length + 1 > drill.maxDown)
      this.fail(
        'blast radius',
        `${process.name} stops ${node} while ${others.join(', ')} lie, and ${drill.maxDown} may`,
      );
    const ended = this.guardEndedAt;
    if (
      !stage.hasGuard() &&
      (ended === undefined || stage.nowMs() - ended > GUARD_GRACE_MS + stoppedMs + stage.plan.syncMs)
    )
      this.fail('guarded', `${process.name} stops ${node}, and no guard is there`);
  }

  private undoBegun(process: SimProcess, node: string): void {
    const note = this.noteFor(node, 'written');
    if (note === undefined || !note.requested || note.spared)
      this.fail('only ours', `${process.name} starts ${node}, which no command of ours can have broken`);
  }

  private noteFor(node: string, which: 'durable' | 'written'): ArmedNote | undefined {
    return armedNotes(this.stage.journal(which)).findLast((one) => one.node === node && !one.restored);
  }

  private moved({ node, to, cause }: Move): void {
    this.stage.say(`NODE ${node} ${to} by ${cause.who}${cause.who === 'us' ? ` ${cause.fault}` : ''}`);
    if (to === 'up' || cause.who !== 'us') return;
    if (this.restored.has(`${cause.session} ${cause.fault}`))
      this.fail('restored stays up', `a late command of ${cause.fault} took ${node} down after it was called restored`);
    const drill = this.stage.plan.drills.find(({ id }) => cause.fault.startsWith(id));
    const ours = this.stage.field.brokenByUs();
    if (drill !== undefined && ours.length > drill.maxDown)
      this.fail('blast radius', `${ours.join(', ')} lie because of us, and ${drill.maxDown} may`);
  }
}
