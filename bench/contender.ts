/** What one prober did in one round. */
export interface Pace {
  readonly perSecond: number;
  readonly cpuUs: number;
  /** From the scheduled start to the real one; undefined where the prober does not say. */
  readonly lateP99Ms?: number;
}

/** Someone who looks at a URL for a while. Undefined: cannot be had on this machine. */
export interface Contender {
  readonly name: string;
  readonly connection: 'fresh' | 'kept';
  run(url: string, seconds: number, folder: string): Promise<Pace>;
}

/** 100 probes at 50/s on fresh connections, 150 at 100/s on kept ones. */
export const LOADS = {
  fresh: { probes: 100, intervalMs: 20 },
  kept: { probes: 150, intervalMs: 10 },
} as const;
