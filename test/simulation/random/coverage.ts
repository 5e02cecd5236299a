import type { JournalRecord } from '../../../src/journal/events.ts';
import type { Command } from '../../support/sim-commands.ts';
import type { Point, SimProcess, Where } from '../../support/sim-process.ts';
import { KINDS } from './kinds.ts';
import type { Blow } from './plan.ts';

/** Counts what the sessions have come through. */
export class Coverage {
  readonly events = new Map<string, number>();
  readonly crashes = new Map<string, number>();
  /** Kinds of events at whose line a process ended. */
  readonly crashKinds = new Map<string, number>();
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
    if (isJournal) count(this.crashKinds, point.what);
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
    return [
      ofAll('kinds of events', 'seen', this.events),
      ...table(this.events),
      ofAll('kinds of events', 'a crash right at it', this.crashKinds),
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

function ofAll(what: string, how: string, reached: ReadonlyMap<string, number>): string {
  const all = Object.keys(KINDS);
  const missing = all.filter((kind) => !reached.has(kind));
  const never = missing.length === 0 ? '' : `; never: ${missing.join(', ')}`;
  return `${what}, ${how}: ${all.length - missing.length} of ${all.length}${never}`;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function table(map: ReadonlyMap<string, number>): readonly string[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `  ${String(value).padStart(9)}  ${key}`);
}
