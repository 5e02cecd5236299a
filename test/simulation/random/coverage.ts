import type { JournalRecord } from '../../../src/journal/events.ts';
import type { Command } from '../../support/sim-commands.ts';
import type { Point, SimProcess, Where } from '../../support/sim-process.ts';
import { type Blow, CONTROL_EVENTS } from './plan.ts';

/** Counts what the sessions have come through. */
export class Coverage {
  readonly events = new Map<string, number>();
  readonly crashes = new Map<string, number>();
  readonly commands = new Map<string, number>();
  readonly blows = new Map<string, number>();
  readonly ends = new Map<string, number>();
  sessions = 0;
  virtualMs = 0;

  event(record: JournalRecord): void {
    count(this.events, record.type);
  }

  /** A process was killed, or lost its power, right at this point. */
  crash(process: SimProcess, point: Point, where: Where): void {
    const isJournal = point.op === 'append' || point.op === 'sync';
    count(this.crashes, `${process.role}: ${where} ${point.op}${isJournal ? ` ${point.what}` : ''}`);
  }

  command(process: SimProcess, action: string, { script, by }: Command): void {
    count(this.commands, `${action} ${script} by ${by}`);
    count(this.commands, `${action} asked by ${process.role}`);
  }

  blow(blow: Blow): void {
    count(this.blows, blow.what);
  }

  end(text: string): void {
    count(this.ends, text);
  }

  /** Lines for people. */
  lines(): readonly string[] {
    const missing = CONTROL_EVENTS.filter((type) => !this.events.has(type));
    return [
      `event kinds: ${this.events.size}${missing.length === 0 ? '' : `, never seen: ${missing.join(', ')}`}`,
      ...table(this.events),
      `crash points: ${this.crashes.size}`,
      ...table(this.crashes),
      `commands of the platform: ${this.commands.size}`,
      ...table(this.commands),
      `blows: ${this.blows.size}`,
      ...table(this.blows),
      `ends: ${this.ends.size}`,
      ...table(this.ends),
    ];
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function table(map: ReadonlyMap<string, number>): readonly string[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `  ${String(value).padStart(9)}  ${key}`);
}
