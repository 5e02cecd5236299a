import { ofHaproxy } from './d-haproxy.ts';
import { onPaperSabotages } from './on-paper.ts';
import type { Sabotage } from './sabotage.ts';

/** Every sabotage that gameday knows. A new one is an entry of its scenario's list. */
export const SABOTAGES: readonly Sabotage[] = [...onPaperSabotages, ...ofHaproxy];
