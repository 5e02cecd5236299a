import type { SessionStarted } from '../journal/events.ts';

type NotDrilled = Pick<SessionStarted['notDrilled'][number], 'id' | 'title' | 'reason'>;

/** What was left out, in order, those with one reason in one row: `B, C, E` without a title, `not named by --only`. */
export function notDrilledRows(left: readonly NotDrilled[]): readonly NotDrilled[] {
  const byReason = new Map<string, NotDrilled[]>();
  for (const one of left) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  return [...byReason.values()].flatMap((same) => {
    const [first, ...others] = same;
    if (first === undefined) return [];
    if (others.length === 0) return [{ id: first.id, title: first.title, reason: first.reason }];
    return [{ id: same.map(({ id }) => id).join(', '), title: '', reason: first.reason }];
  });
}
