import { suffixOf } from '../../../src/cli/session-folder.ts';
import type { LogLine, Platform } from '../../../src/core/platform.ts';
import { messageFile } from '../../../src/engine/inbox-message.ts';
import type { Recovered } from '../../../src/engine/recover.ts';
import type { SessionResult } from '../../../src/engine/session.ts';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { expectManyListeners } from '../../../src/world/crashes.ts';
import { type Command, simCommands } from '../../support/sim-commands.ts';
import { SimField } from '../../support/sim-field.ts';
import { SimMachine } from '../../support/sim-machine.ts';
import type { SimProcess } from '../../support/sim-process.ts';
import { AlertServers } from './alert-servers.ts';
import { armedNotes } from './armed-notes.ts';
import type { Victim } from './blows.ts';
import { Checks } from './checks.ts';
import type { Coverage } from './coverage.ts';
import type { Blow, DiskTrouble, InboxDrop, SessionPlan } from './plan.ts';
import { runGuard, runRecover, runTool } from './programs.ts';

// As the program itself does at its start: a drill has dozens of waits on one signal.
expectManyListeners();

/** Folders of sessions end as the program names them. */
export const ENVIRONMENT = { name: 'sim', kind: 'lab' };
export const SESSIONS = '/srv/sessions';
export const LOCK = '/srv/locks/sim';
const ALERT_AFTER_MS = 1_200;
const REUSED_PERCENT = 25;
const WORKS: Command = { script: 'unscripted', effectMs: 20, report: 'ok', reportMs: 25, by: 'own' };

const NOTHING_SEEN = { leftDown: false, journalLost: false, interrupted: false, faultBegun: false };

/** What the tool's process made of its session. */
export interface ToolEnd {
  readonly result?: SessionResult;
  readonly error?: unknown;
}

/** One machine, its nodes, and the programs that run on it: everything that one session is played with. */
export class Stage implements Victim {
  readonly plan: SessionPlan;
  readonly machine: SimMachine;
  readonly field: SimField;
  readonly alertServers: AlertServers;
  readonly checks: Checks;
  readonly coverage: Coverage;
  /** The session whose folder is written and looked at now. */
  session = 'one';
  toolEnd: ToolEnd = {};
  /** What came before the tool's end, by its own words (`leftDown`, `journalLost`) and in truth. */
  seen = NOTHING_SEEN;
  /** What a guard or a recover has answered. */
  readonly answers = new Map<SimProcess, Recovered>();
  /** Time for which the machine is off; undefined: it is on. */
  offMs: number | undefined;
  diskFailed = false;
  /** Blows that have fallen so far. */
  blows = 0;
  /** A sealed journal that was held against all invariants already. */
  checkedJournal: Buffer | undefined;
  private readonly trace: ((line: string) => void) | undefined;
  private readonly taken = { stop: 0, start: 0 };
  private readonly stops = new Map<SimProcess, number>();
  private healed = false;
  private platformIs: { readonly how: 'fail' | 'hang'; readonly untilMs: number } | undefined;
  private diskIs: { readonly how: DiskTrouble; readonly untilMs: number } | undefined;
  private drops = 0;

  constructor(plan: SessionPlan, coverage: Coverage, trace?: (line: string) => void) {
    this.plan = plan;
    this.coverage = coverage;
    this.trace = trace;
    this.machine = new SimMachine(plan.seed);
    this.field = new SimField(this.machine, { nodes: plan.nodes, alertAfterMs: ALERT_AFTER_MS });
    this.field.cluster.failoverMs = plan.failoverMs;
    this.field.cluster.loseAtFailover = plan.loseAtFailover;
    this.alertServers = new AlertServers(plan, this.field);
    this.checks = new Checks(this);
    this.machine.guardRefusal = () => plan.guardRefusal;
    this.machine.diskMs = (operation) => this.diskMs(operation);
    this.machine.program = (_args, world, process) => runGuard(this, world, process);
    this.machine.onEnd = (process) => {
      if (process.role === 'guard') this.checks.guardEnded();
      this.say(`END ${process.name} ${JSON.stringify(process.end)}`);
    };
    this.machine.disk.fault = ({ kind, path, bytes }) => {
      const now = this.diskIs;
      if (now === undefined || this.nowMs() > now.untilMs || !path.startsWith(this.folder) || now.how === 'hang')
        return undefined;
      const hits = kind === 'append' || kind === 'write' || (kind === 'sync' && now.how === 'EIO');
      if (hits) this.diskFailed = true;
      return hits ? { code: now.how, after: this.machine.random.below(bytes + 1) } : undefined;
    };
  }

  say(text: string): void {
    this.trace?.(`${(this.nowMs() / 1_000).toFixed(3).padStart(9)} ${text}`);
  }

  /** Machine time in ms, whatever boots there were. */
  nowMs(): number {
    return this.machine.clock.now();
  }

  get folder(): string {
    return `${SESSIONS}/${this.session}-${suffixOf(ENVIRONMENT)}`;
  }

  /** Another session on the same machine and the same nodes. */
  begin(session: string): void {
    this.say(`SESSION ${session}`);
    this.session = session;
    this.toolEnd = {};
    this.seen = NOTHING_SEEN;
    this.diskFailed = false;
    this.checkedJournal = undefined;
    this.checks.begin();
  }

  isHealed(): boolean {
    return this.healed;
  }

  /** The disk has room, the platform works, and people keep their hands off. */
  heal(): void {
    this.healed = true;
    this.platformIs = undefined;
    this.diskIs = undefined;
    this.field.cluster.alertsReachable = true;
  }

  holdsLock(process: SimProcess): boolean {
    return this.machine.locks.get(LOCK)?.process === process;
  }

  hasGuard(): boolean {
    return this.machine.processes.some((process) => process.role === 'guard' && process.isAlive());
  }

  /** The platform did not answer at some time. */
  wasAway(): boolean {
    return this.platformIs !== undefined;
  }

  /** For how long this process may have stood still. */
  stoppedMs(process: SimProcess): number {
    return this.stops.get(process) ?? 0;
  }

  wasStopped(process: SimProcess, ms: number): void {
    this.stops.set(process, this.stoppedMs(process) + ms);
  }

  journal(which: 'durable' | 'written'): Buffer {
    const file = this.machine.disk.peek(`${this.folder}/journal.jsonl`);
    if (file === undefined) return Buffer.alloc(0);
    return which === 'durable' ? file.bytes.subarray(0, file.durableBytes) : file.bytes;
  }

  startTool(): SimProcess {
    return this.machine.spawn('tool', (world, process) => runTool(this, world, process));
  }

  startRecover(role: 'recover' | 'byhand'): SimProcess {
    return this.machine.spawn(role, (world, process) => runRecover(this, world, process));
  }

  interrupted(): void {
    this.seen = { ...this.seen, interrupted: true };
  }

  recoverByHand(): void {
    if (this.offMs === undefined) this.startRecover('byhand');
  }

  power(unsynced: 'dropped' | 'torn', offMs: number): void {
    if (this.offMs !== undefined) return;
    this.offMs = offMs;
    this.machine.powerOff(unsynced);
  }

  struck(blow: Blow): void {
    this.blows += 1;
    this.coverage.blow(blow);
  }

  disk(how: DiskTrouble, ms: number): void {
    this.diskIs = { how, untilMs: this.nowMs() + ms };
  }

  /** What another terminal hands in: it stands there whole, or not at all. */
  inbox(message: InboxDrop): void {
    this.drops += 1;
    const path = `${this.folder}/inbox/${this.drops}.json`;
    // Before the session has made its inbox, and on a full disk, nothing can be handed in.
    void this.machine.disk.write(path, dropOf(message)).catch(() => undefined);
  }

  platform(how: 'fail' | 'hang', ms: number): void {
    this.platformIs = { how, untilMs: this.nowMs() + ms };
  }

  loseAlerts(ms: number): void {
    const { cluster } = this.field;
    cluster.alertsReachable = false;
    this.machine.clock.after(ms, () => {
      cluster.alertsReachable = true;
    });
  }

  alarm(ms: number): void {
    this.alertServers.alarm(this.nowMs() + ms);
  }

  flap(node: string, ms: number): void {
    this.field.stop(node, { who: 'self' });
    this.machine.clock.after(ms, () => this.field.start(node, { who: 'self' }));
  }

  other(action: 'stop' | 'start', node: string): void {
    this.field[action](node, { who: 'other' });
  }

  /** Sometimes the freed pid goes to somebody who has nothing to do with us: nobody may end that one. */
  died(process: SimProcess): void {
    if (this.machine.random.below(100) >= REUSED_PERCENT) return;
    let alive = true;
    this.machine.clock.after(1_000, () => {
      if (this.offMs !== undefined) return;
      this.machine.add({
        ref: this.machine.newRef(process.ref.pid),
        name: 'somebody else',
        isAlive: () => alive,
        signal: (signal) => {
          if (this.offMs !== undefined) alive = false;
          else
            this.checks.fail(
              'right process',
              `${signal} was sent to pid ${process.ref.pid}, which is somebody else by now`,
            );
        },
      });
    });
  }

  /** What a guard or a recover says that it has done. */
  recovered(process: SimProcess, answer: Recovered): void {
    const { restored, notRestored, journalFailure } = answer;
    this.answers.set(process, answer);
    this.say(
      `${process.name} restored [${restored.join()}] not [${notRestored.map(({ node }) => node).join()}] ${journalFailure ?? ''}`,
    );
    const down = restored.filter((node) => this.field.brokenByUs().includes(node));
    if (down.length > 0) this.checks.fail('restored is up', `${process.name} says that ${down.join(', ')} is restored`);
  }

  recorded(process: SimProcess, record: JournalRecord): void {
    this.coverage.event(record);
    if (this.trace !== undefined) this.say(`${process.name} ${lineOf(record)}`);
    this.checks.recorded(process, record);
  }

  platformsFor(process: SimProcess): ReadonlyMap<string, Platform> {
    const platform = simCommands(this.machine, process, this.field, {
      next: (action) => this.nextCommand(action),
      inspecting: () => this.platformNow() ?? 'ok',
      inspected: (_process, node, state) => this.checks.inspected(node, state),
      causeOf: (_process, node) => ({ who: 'us', session: this.session, fault: this.faultOn(node) }),
      begun: (one, action, node, command) => {
        this.say(`${one.name} COMMAND ${action} ${node} ${JSON.stringify(command)}`);
        this.coverage.command(one, action, command);
        if (one.role === 'tool' && action === 'stop') this.seen = { ...this.seen, faultBegun: true };
        this.checks.commandBegun(one, action, node);
      },
    });
    return new Map([[platform.id, this.plan.logEnds ? { ...platform, logs: noLog } : platform]]);
  }

  private diskMs(operation: 'append' | 'sync'): number {
    const hangsMs = this.diskIs?.how === 'hang' ? this.diskIs.untilMs - this.nowMs() : 0;
    if (hangsMs > 0) {
      this.diskFailed = true;
      return hangsMs;
    }
    return operation === 'append' || this.plan.syncMs === 0 ? 0 : this.machine.random.below(this.plan.syncMs + 1);
  }

  private platformNow(): 'fail' | 'hang' | undefined {
    return this.platformIs !== undefined && this.nowMs() < this.platformIs.untilMs ? this.platformIs.how : undefined;
  }

  private nextCommand(action: 'stop' | 'start'): Command {
    const away = this.platformNow();
    if (away !== undefined) return { script: `platform ${away}`, report: away, reportMs: 20, by: 'own' };
    if (this.healed) return WORKS;
    this.taken[action] += 1;
    return (action === 'stop' ? this.plan.stops : this.plan.starts)[this.taken[action] - 1] ?? WORKS;
  }

  private faultOn(node: string): string {
    return armedNotes(this.journal('written')).findLast((one) => one.node === node)?.fault ?? 'unknown';
  }
}

async function* noLog(): AsyncIterable<LogLine> {}

function dropOf(message: InboxDrop): string {
  if (message === 'garbage') return '{"kind":"abort","te';
  return messageFile({
    kind: message === 'gap' ? 'note' : message,
    text: 'said from elsewhere',
    gap: message === 'gap',
  });
}

function lineOf(record: JournalRecord): string {
  const { type, seq, v: _v, at: _at, prev: _prev, t, ...rest } = record;
  return `#${seq} ${type} t=${t} ${JSON.stringify(rest).slice(0, 300)}`;
}
