import type { Ledger, WriteOutcome } from '../core/ledger.ts';
import type { Facts, Probe } from '../core/probe.ts';
import type { Check } from '../core/scenario.ts';
import { type Endpoint, HttpFailure, type World } from '../world/world.ts';

/** A host that is off answers no ARP: the kernel says so only after three seconds. */
const KNOCK_MS = 4_000;

/**
 * Says that nothing listens at an address: the connection was refused, or the network says that no such host is up.
 * Undefined when the connection was accepted. Rejects when it merely hangs, which is no evidence of either: a frozen or an
 * overloaded node does the same, and so does a network that drops what is sent to a host that is off. Rejects too when
 * this machine did not get so far: then the trouble is our own.
 */
export async function closedPort(
  world: Pick<World, 'net'>,
  at: Endpoint,
  signal: AbortSignal,
  timeoutMs = KNOCK_MS,
): Promise<string | undefined> {
  try {
    await world.net.knock(at, timeoutMs, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (error.nobodyThere)
      return error.kind === 'refused'
        ? `connection to ${at.host}:${at.port} refused`
        : `${at.host}:${at.port} cannot be reached`;
    if (error.kind !== 'unreachable') throw error;
    throw new Error(
      `${error.message}: this machine did not get there, which proves nothing; check the address and the network here`,
    );
  }
}

/** Does anything but an accepted connection count as down? For safety it does. */
export async function isDown(world: Pick<World, 'net'>, at: Endpoint, signal: AbortSignal): Promise<boolean> {
  try {
    await world.net.knock(at, KNOCK_MS, signal);
    return false;
  } catch {
    // Whatever the reason: it could not be seen to be up.
    return true;
  }
}

/** How the latest writes of a ledger ended. */
export interface RecentWrites {
  readonly ledger: Ledger;
  /** True when the latest `count` writes were all acknowledged. */
  acked(count: number): boolean;
}

const REMEMBERED = 50;

/** Looks over a ledger's shoulder, so that a drill can say whether service is back. Verdicts come from the journal alone. */
export function watchWrites(ledger: Ledger): RecentWrites {
  const outcomes: WriteOutcome[] = [];
  const remember = (outcome: WriteOutcome) => {
    outcomes.push(outcome);
    if (outcomes.length > REMEMBERED) outcomes.shift();
  };
  return {
    ledger: {
      ...ledger,
      async write(id, signal) {
        try {
          const result = await ledger.write(id, signal);
          remember(signal.aborted ? 'indeterminate' : result.outcome);
          return result;
        } catch (error) {
          remember('indeterminate');
          throw error;
        }
      },
    },
    acked: (count) => outcomes.length >= count && outcomes.slice(-count).every((outcome) => outcome === 'acked'),
  };
}

/** What a probe said last. */
export interface LatestFacts {
  readonly probe: Probe;
  /** The fact as the latest answered look gave it; undefined when that look gave none. */
  latest(key: string): string | undefined;
}

/** Looks over a probe's shoulder, as `watchWrites` does for a ledger. */
export function watchFacts(probe: Probe): LatestFacts {
  let facts: Facts = {};
  return {
    probe: {
      ...probe,
      async sample(signal) {
        const reading = await probe.sample(signal);
        facts = reading.facts ?? {};
        return reading;
      },
    },
    latest: (key) => facts[key],
  };
}

export function okCheck(name: string, detail: string): Check {
  return { name, status: 'ok', detail, hint: '' };
}

/** One address in a form that can be shown to people. */
export function at(endpoint: Endpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}
