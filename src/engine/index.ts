export { keepGuard, LEASE_MS } from './guard.ts';
export { preflightDrills } from './preflight.ts';
export {
  damagedLines,
  type LeftBehind,
  leftBehind,
  type Recovered,
  type RecoverInput,
  recoverSession,
} from './recover.ts';
export { type DataRemoval, dataLeft, type LedgersOf, removeDataLeft } from './recover-data.ts';
export { leftDown, runSession, type SessionResult } from './session.ts';
export type { NotRestored } from './undo.ts';
