import type { z } from 'zod';

/** How many redundant members of a stack may be down at once while its promise can still hold. */
export interface Redundancy {
  readonly most: number;
  /** For people: `1 of 2 data nodes must stay`. */
  readonly because: string;
}

interface WithMaxDown {
  readonly maxDown?: number | undefined;
}

/** The file may lower the limit, and raise it no further than the stack's redundancy: more than that is a mistake, shown at its place. */
export function refuseMoreDown(
  settings: WithMaxDown,
  { most, because }: Redundancy,
  context: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  if (settings.maxDown === undefined || settings.maxDown <= most) return;
  context.addIssue({
    code: 'custom',
    path: ['maxDown'],
    message: `more than the redundancy allows: ${most} at most (${because})`,
  });
}

/** The limit of a plan. Where settings did not come through the schema, the redundancy still is the limit. */
export function maxDownOf(settings: WithMaxDown, most: number): number {
  return Math.min(settings.maxDown ?? most, most);
}
