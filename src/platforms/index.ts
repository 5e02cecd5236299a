import { EXIT, GamedayError } from '../core/errors.ts';
import type { LabState } from '../core/lab-state.ts';
import type { Platform } from '../core/platform.ts';
import type { World } from '../world/world.ts';
import { createLabPlatform } from './lab.ts';

/** What platforms are made of besides the world. */
export interface PlatformContext {
  /** State of the running lab, where there is one. */
  readonly lab: LabState | undefined;
}

export type PlatformFactory = (world: World, context: PlatformContext) => Platform;

/** Every platform by its id: one file and one line each. */
export const PLATFORMS: Readonly<Record<string, PlatformFactory>> = {
  lab: (world, { lab }) => createLabPlatform(world, lab ?? noLab()),
};

function noLab(): never {
  throw new GamedayError({
    code: 'lab-not-running',
    message: 'the configuration names nodes of the lab, and no lab is running',
    hint: 'Start it: gameday lab up',
    exitCode: EXIT.inconclusive,
  });
}
