import type { SimMachine } from '../../support/sim-machine.ts';
import type { Point, SimProcess, Where } from '../../support/sim-process.ts';
import type { Coverage } from './coverage.ts';
import type { Blow, DiskTrouble, InboxDrop, Role } from './plan.ts';

/** What a blow needs of the session that it hits. */
export interface Victim {
  readonly machine: SimMachine;
  readonly coverage: Coverage;
  /** A blow falls now. */
  struck(blow: Blow): void;
  say(text: string): void;
  /** Only what can happen to any recovery happens from now on: the platform works and people keep their hands off. */
  isHealed(): boolean;
  power(unsynced: 'dropped' | 'torn', offMs: number): void;
  disk(how: DiskTrouble, ms: number): void;
  platform(how: 'fail' | 'hang', ms: number): void;
  flap(node: string, ms: number): void;
  other(action: 'stop' | 'start', node: string): void;
  loseAlerts(ms: number): void;
  alarm(ms: number): void;
  /** A signal that asks for the end has reached a tool that lives. */
  interrupted(): void;
  recoverByHand(): void;
  inbox(message: InboxDrop): void;
  died(process: SimProcess): void;
  wasStopped(process: SimProcess, ms: number): void;
}

/** Lets the blows of a plan fall at their times and points, each once. */
export class Blows {
  private readonly victim: Victim;
  private readonly waiting = new Map<Blow, number>();
  private torn: Blow | undefined;

  constructor(victim: Victim, blows: readonly Blow[]) {
    this.victim = victim;
    const { machine } = victim;
    for (const blow of blows) {
      const { trigger } = blow;
      if ('atMs' in trigger) machine.clock.after(trigger.atMs, () => this.strike(blow));
      else this.waiting.set(blow, trigger.nth);
    }
  }

  /** A process has come to a point. */
  reached(process: SimProcess, point: Point, where: Where): void {
    if (where === 'torn') {
      const blow = this.torn;
      this.torn = undefined;
      if (blow !== undefined) this.strike(blow, process, point, where);
      return;
    }
    if (this.waiting.size === 0) return;
    for (const blow of this.due(process, point, where)) {
      const delayMs = 'delayMs' in blow.trigger ? blow.trigger.delayMs : 0;
      if (delayMs === 0) this.strike(blow, process, point, where);
      else this.victim.machine.clock.after(delayMs, () => this.strike(blow, process));
    }
  }

  /** How many bytes of an append a dying process still writes; undefined: it does not die in it. */
  tear(process: SimProcess, point: Point, bytes: number): number | undefined {
    if (this.waiting.size === 0) return undefined;
    const blow = this.due(process, point, 'torn')[0];
    if (blow === undefined) return undefined;
    this.torn = blow;
    return this.victim.machine.random.below(bytes);
  }

  private due(process: SimProcess, point: Point, where: Where): readonly Blow[] {
    const due: Blow[] = [];
    for (const [blow, left] of this.waiting) {
      const { trigger } = blow;
      if ('atMs' in trigger || trigger.role !== process.role || trigger.op !== point.op || trigger.where !== where)
        continue;
      if (trigger.what !== undefined && trigger.what !== point.what) continue;
      if (left > 1) {
        this.waiting.set(blow, left - 1);
        continue;
      }
      this.waiting.delete(blow);
      due.push(blow);
    }
    return due;
  }

  private strike(blow: Blow, at?: SimProcess, point?: Point, where?: Where): void {
    const { victim } = this;
    const { machine } = victim;
    if (victim.isHealed() && !['kill', 'power', 'stop', 'wall', 'sleep', 'disk'].includes(blow.what)) return;
    victim.struck(blow);
    const place = point === undefined ? '' : ` ${where} ${point.op} ${point.what}`;
    victim.say(
      `BLOW ${JSON.stringify({ ...blow, trigger: undefined })}${at === undefined ? '' : ` at ${at.name}${place}`}`,
    );
    switch (blow.what) {
      case 'kill':
        for (const who of blow.who) {
          const targets = who === 'self' ? [at ?? this.alive('tool')[0]] : this.alive(who);
          for (const process of targets) {
            if (process?.isAlive() !== true) continue;
            if (process === at && point !== undefined && where !== undefined) victim.coverage.crash(at, point, where);
            process.signal('SIGKILL');
            victim.died(process);
          }
        }
        return;
      case 'power':
        if (at !== undefined && point !== undefined && where !== undefined) victim.coverage.crash(at, point, where);
        victim.power(blow.unsynced, blow.offMs);
        return;
      case 'stop':
        for (const process of this.alive(blow.who)) {
          process.signal('SIGSTOP');
          machine.clock.after(blow.ms, () => {
            victim.say(`SIGCONT ${process.name}`);
            process.signal('SIGCONT');
            victim.wasStopped(process, blow.ms);
          });
        }
        return;
      case 'signal':
        for (const process of this.alive('tool')) {
          victim.interrupted();
          process.signal(blow.signal);
          if (blow.again) machine.clock.after(700, () => process.signal(blow.signal));
        }
        return;
      case 'wall':
        machine.clock.jumpWall(blow.ms);
        return;
      case 'sleep':
        machine.clock.sleepMachine(blow.ms);
        return;
      case 'disk':
        victim.disk(blow.how, blow.ms);
        return;
      case 'platform':
        victim.platform(blow.how, blow.ms);
        return;
      case 'flap':
        victim.flap(blow.node, blow.ms);
        return;
      case 'other-stops':
        victim.other('stop', blow.node);
        return;
      case 'other-starts':
        victim.other('start', blow.node);
        return;
      case 'alerts-lost':
        victim.loseAlerts(blow.ms);
        return;
      case 'alarm':
        victim.alarm(blow.ms);
        return;
      case 'byhand':
        victim.recoverByHand();
        return;
      case 'inbox':
        victim.inbox(blow.message);
        return;
    }
  }

  private alive(role: Role): readonly SimProcess[] {
    return this.victim.machine.processes.filter((process) => process.role === role && process.isAlive());
  }
}
