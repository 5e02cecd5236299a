import { SimCluster, type SimClusterOptions } from './sim-cluster.ts';
import type { SimMachine } from './sim-machine.ts';

/** Who made a node fall or rise: a command of ours for one fault, another person, or the node itself. */
export type Cause =
  | { readonly who: 'us'; readonly session: string; readonly fault: string }
  | { readonly who: 'other' | 'self' };

export interface Move {
  /** Machine time in ms. */
  readonly atMs: number;
  readonly node: string;
  readonly to: 'up' | 'down';
  readonly cause: Cause;
}

/** The nodes themselves, and the truth about who did what to them. They live on other machines: our power cut is none of theirs. */
export class SimField {
  readonly cluster: SimCluster;
  readonly moves: Move[] = [];
  /** Told of each node that really fell or rose. */
  onMove: (move: Move) => void = () => undefined;
  private readonly last = new Map<string, Move>();

  constructor(machine: SimMachine, options: SimClusterOptions) {
    this.cluster = new SimCluster(machine.clock, options);
  }

  stop(node: string, cause: Cause): void {
    if (!this.cluster.isUp(node)) return;
    this.cluster.stop(node);
    this.moved({ atMs: this.cluster.clock.now(), node, to: 'down', cause });
  }

  start(node: string, cause: Cause): void {
    if (this.cluster.isUp(node)) return;
    this.cluster.start(node);
    this.moved({ atMs: this.cluster.clock.now(), node, to: 'up', cause });
  }

  /** What brought a node into the state it is in; undefined when it was always up. */
  lastMove(node: string): Move | undefined {
    return this.last.get(node);
  }

  /** Nodes that lie because of us. */
  brokenByUs(): readonly string[] {
    return this.cluster.down().filter((node) => this.last.get(node)?.cause.who === 'us');
  }

  private moved(move: Move): void {
    this.moves.push(move);
    this.last.set(move.node, move);
    this.onMove(move);
  }
}
