import type { Facts } from '../core/probe.ts';

export interface FactChange {
  readonly key: string;
  readonly from?: string;
  readonly to: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Turns repeated looks at named states into changes with bounds. A look that began before one already taken in is
 * ignored: overlapping looks may end out of order, and an old answer must not undo a new one.
 */
export class FactTracker {
  private readonly known = new Map<string, { readonly value: string; readonly lastStart: number }>();

  observe(facts: Facts, startedAt: number, endedAt: number): readonly FactChange[] {
    const changes: FactChange[] = [];
    for (const [key, value] of Object.entries(facts)) {
      const before = this.known.get(key);
      if (before !== undefined && before.lastStart > startedAt) continue;
      this.known.set(key, { value, lastStart: startedAt });
      if (before?.value === value) continue;
      changes.push({
        key,
        from: before?.value,
        to: value,
        notBefore: before?.lastStart ?? startedAt,
        notAfter: endedAt,
      });
    }
    return changes;
  }
}
