export { preflightDrills } from './preflight.ts';
export { runSession, type SessionResult } from './session.ts';
