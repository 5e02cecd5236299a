export { type DrillChecks, preflightDrills } from './preflight.ts';
export { runSession, type SessionInput, type SessionResult } from './session.ts';
