import type { RecordOf } from '../journal/events.ts';
import type { Moment } from './moment.ts';
import { alertName, placeOf, suppressedText } from './words.ts';

/** A row for one alert that changed, with all nodes and places where it did so at once. */
export interface AlertChange {
  readonly moment: Moment;
  /** `Alert ApiComponentDegraded (api-1), ApiComponentDegraded (api-2)`. */
  readonly action: string;
  /** `firing in Prometheus and Alertmanager (was pending, inactive)`. */
  readonly observation: string;
}

/** Alerts are polled each second: changes within one poll belong together. */
const INSTANT_MS = 1_000;

/** Puts the changes of one alert to one state, seen at about the same time, into one row. */
export function alertChanges(changes: readonly RecordOf<'alert.changed'>[]): readonly AlertChange[] {
  const groups: RecordOf<'alert.changed'>[][] = [];
  for (const change of [...changes].sort((a, b) => a.notAfter - b.notAfter || a.seq - b.seq)) {
    const group = groups.findLast(([first]) => first !== undefined && belongs(first, change));
    if (group === undefined) groups.push([change]);
    else group.push(change);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const places = unique(group.map((one) => placeOf(one.where))).join(' and ');
    return [
      {
        moment: { seq: first.seq, t: first.notAfter },
        action: `Alert ${unique(group.map(alertName)).join(', ')}`,
        observation: `${first.to} in ${places} (was ${unique(group.map((one) => one.from)).join(', ')})${unique(
          group.map((one) => suppressedText(one.suppressedBy)),
        ).join('')}`,
      },
    ];
  });
}

function belongs(first: RecordOf<'alert.changed'>, change: RecordOf<'alert.changed'>): boolean {
  return first.name === change.name && first.to === change.to && change.notAfter - first.notAfter < INSTANT_MS;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
