/** Times that are the same for all scenarios unless one sets its own. `smoke` is for the nightly run: short outage, same gates. */
export interface Profile {
  readonly name: 'standard' | 'smoke';
  readonly steadyMs: number;
  /** A to D. */
  readonly outageMs: number;
  /** E: the promise is expressed in seconds of outage. */
  readonly longOutageMs: number;
  readonly verifyMs: number;
  /** C: between the first and the second node. */
  readonly staggerMs: number;
  /** C: how long the store may take to heal by itself before it is asked to. */
  readonly healingWaitMs: number;
  readonly healDeadlineMs: number;
  readonly undoDeadlineMs: number;
}

const STANDARD: Profile = {
  name: 'standard',
  steadyMs: 10_000,
  outageMs: 15_000,
  longOutageMs: 60_000,
  verifyMs: 5_000,
  staggerMs: 5_000,
  healingWaitMs: 20_000,
  healDeadlineMs: 120_000,
  undoDeadlineMs: 60_000,
};

export const PROFILES: Readonly<Record<Profile['name'], Profile>> = {
  standard: STANDARD,
  smoke: {
    ...STANDARD,
    name: 'smoke',
    // Five of each make up a smoke run. Observation goes on anyway until service is back and each expected alert has fired.
    steadyMs: 2_000,
    outageMs: 6_000,
    longOutageMs: 6_000,
    verifyMs: 2_000,
    staggerMs: 2_000,
    healingWaitMs: 5_000,
  },
};
