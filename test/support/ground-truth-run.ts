import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seriesOf } from '../../src/verdict/looks.ts';
import { MANNERS, type Manner, type Ports, type ServicePlan, type Truth } from './ground-truth.ts';
import { type Comparison, compare } from './ground-truth-compare.ts';
import { type LookingOptions, programOf, Speaker, scenarioIn } from './looking.ts';

export const RATES_HZ = [10, 20, 100] as const;

/** The time limit of every look. */
const TIMEOUT_MS = 500;
/** The longest that an outage may go beyond the least, in ms. */
const LONGER_MS = 1_000;

export interface TruthOptions {
  /** Outages of each manner at each rate. */
  readonly outages: number;
  readonly ratesHz?: readonly number[];
  readonly connection?: 'fresh' | 'kept';
  readonly wallClock?: 'jumps';
  /** Processes that only burn time, beside the run. */
  readonly burners?: number;
  /** The program that looks is stopped for this long, now and then. */
  readonly stopMs?: number;
}

export interface Cell {
  readonly manner: Manner;
  readonly rateHz: number;
  readonly comparison: Comparison;
}

export interface TruthResult {
  readonly cells: readonly Cell[];
  /** The journal's own words on standing still, in ms each. */
  readonly suspendedMs: readonly number[];
}

/** Runs services that know when they are out against the product's own looking, each in its process, and compares. */
export async function groundTruth(options: TruthOptions): Promise<TruthResult> {
  const rates = options.ratesHz ?? RATES_HZ;
  const cells = MANNERS.flatMap((manner) => rates.map((rateHz) => ({ manner, rateHz, name: `${manner}-${rateHz}hz` })));
  const folder = await mkdtemp(join(tmpdir(), 'gameday-truth-'));
  const children: Speaker[] = [];
  const start = (args: readonly string[]): Speaker => {
    const child = new Speaker(args);
    children.push(child);
    return child;
  };
  try {
    const plans = cells.map(({ manner, rateHz, name }) => servicePlan(name, manner, 1_000 / rateHz, options.outages));
    const server = start([...programOf('ground-truth-server.ts'), JSON.stringify(plans)]);
    const ports = await server.next<Ports>();
    for (let index = 0; index < (options.burners ?? 0); index += 1) start(['-e', 'for (;;);']);
    const looker = start([...programOf('looking-program.ts'), JSON.stringify(lookingOptions())]);
    await looker.next();
    server.say('go');
    const over = new AbortController();
    const stopping = options.stopMs === undefined ? undefined : stopNowAndThen(looker, options.stopMs, over.signal);
    await server.next();
    over.abort();
    await stopping;
    await sleep(endMs());
    looker.endInput();
    await looker.next();
    server.endInput();
    const truth = await server.next<Truth>();
    const scenario = await scenarioIn(folder);
    return {
      cells: cells.map(({ manner, rateHz, name }) => {
        const series = seriesOf(scenario, { probe: name });
        if (series === undefined) throw new Error(`nobody looked at ${name}`);
        return { manner, rateHz, comparison: compare(truth.outages[name] ?? [], truth.absences, series) };
      }),
      suspendedMs: scenario.suspended.map(({ ms }) => ms),
    };

    function lookingOptions(): LookingOptions {
      return {
        folder,
        wallClock: options.wallClock,
        probes: cells.map(({ name, rateHz }) => ({
          name,
          url: `http://127.0.0.1:${ports[name]}/`,
          intervalMs: 1_000 / rateHz,
          timeoutMs: TIMEOUT_MS,
          connection: options.connection,
        })),
      };
    }

    /** The last recovery must be seen too, in the slowest series. */
    function endMs(): number {
      return TIMEOUT_MS + (5 * 1_000) / Math.min(...rates);
    }
  } finally {
    for (const child of children) await child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** An outage holds at least one whole look that has to fail, and k good looks fit between two. */
function servicePlan(name: string, manner: Manner, intervalMs: number, outages: number): ServicePlan {
  const leastMs = 1.5 * intervalMs + (manner === 'hangs' || manner === 'slow' ? TIMEOUT_MS : 0) + 20;
  return {
    name,
    manner,
    outages,
    lengthMs: [leastMs, leastMs + LONGER_MS],
    gapMs: [5 * intervalMs + 50, 8 * intervalMs + 100],
    slowMs: 2 * TIMEOUT_MS,
  };
}

async function stopNowAndThen(looker: Speaker, stopMs: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await sleep(1_500 + 1_500 * Math.random());
    looker.child.kill('SIGSTOP');
    await sleep(stopMs);
    looker.child.kill('SIGCONT');
  }
}
