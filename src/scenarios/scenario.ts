import type { z } from 'zod';
import type { Drill } from '../core/scenario.ts';
import type { SecretRef } from '../core/secret.ts';
import type { World } from '../world/world.ts';
import type { Profile } from './profile.ts';

/** What a scenario is given when it is bound to a live stack. */
export interface ScenarioDeps<Bound extends Drill = Drill> {
  readonly world: World;
  readonly profile: Profile;
  /** Reads a secret and makes sure that it is redacted everywhere. Rejects with a GamedayError that names where it was looked for. */
  secret(ref: SecretRef): Promise<string>;
  /** `--outage` on the command line: goes before the file and the profile. */
  readonly outageMs?: number;
  /** `limits.alertWithin` of the file: fault to alert, where the scenario's own settings do not say. */
  readonly alertWithinMs?: number;
  /** Set where this binding is a second strike: what the first one was bound to. */
  readonly first?: Bound;
  /** Makes the names of what the ledgers create: the same one binds the same ledgers again. Absent: a new one. */
  readonly namespace?: string;
}

/** 12 hexadecimal digits: short enough for every name, and never given out twice. */
export function newNamespace({ random }: Pick<World, 'random'>): string {
  return random.hex(6);
}

/** The second strike's own, beside the first one's, which stays until both were audited. */
export function secondNamespace(first: string): string {
  return `${first}2`;
}

/** One file a scenario, one line in `index.ts`. */
export interface ScenarioFactory<Schema extends z.ZodType = z.ZodType, Bound extends Drill = Drill> {
  /** One letter. */
  readonly id: string;
  readonly slug: string;
  /** Name of the stack that it drills, as `needs` of others name it: `postgres`. */
  readonly stack: string;
  readonly title: string;
  readonly purpose: string;
  /** How many nodes one strike stops, one after the other. */
  readonly stops: number;
  /** Shape of `scenarios.<id>` in gameday.yaml. */
  readonly schema: Schema;
  /** Opens no connection: everything that can fail because of the stack is for `preflight` to find. */
  bind(settings: z.output<Schema>, deps: ScenarioDeps<Bound>): Promise<Bound>;
}
