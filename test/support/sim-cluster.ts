import type { AlertPoll, AlertSource, AlertState } from '../../src/core/alert.ts';
import type { LedgerEntry, WriteResult } from '../../src/core/ledger.ts';
import type { NodeRef } from '../../src/core/node.ts';
import type { LogLine } from '../../src/core/platform.ts';
import type { Clock } from '../../src/world/world.ts';

export interface SimClusterOptions {
  readonly nodes: readonly string[];
  /** From a node's fall to its alert; and from its return to the alert's end. */
  readonly alertAfterMs: number;
}

interface SimNode {
  up: boolean;
  changedAt: number;
}

/** A replicated store as plain state over a virtual clock: who is up, who is primary, what was acknowledged. */
export class SimCluster {
  readonly clock: Clock;
  readonly options: SimClusterOptions;
  readonly acked = new Set<number>();
  readonly logLines: string[] = [];
  /** From the primary's fall to the promotion of the next node. */
  failoverMs = 4_000;
  /** Acknowledged writes that a failover drops: real loss, for the ledger to find. */
  loseAtFailover = 0;
  /** The whole service answers 5xx, whatever the nodes do. */
  broken = false;
  alertsReachable = true;
  alertRules = ['NodeDown'];
  muted = false;
  stuckAlert = false;
  private readonly nodes = new Map<string, SimNode>();
  private current: string;

  constructor(clock: Clock, options: SimClusterOptions) {
    this.clock = clock;
    this.options = options;
    this.current = options.nodes[0] ?? '';
    for (const name of options.nodes) this.nodes.set(name, { up: true, changedAt: Number.NEGATIVE_INFINITY });
  }

  refs(platform: string): readonly NodeRef[] {
    return this.options.nodes.map((name) => ({ name, platform, labels: { node: name } }));
  }

  isUp(name: string): boolean {
    return this.node(name).up;
  }

  down(): readonly string[] {
    return this.options.nodes.filter((name) => !this.isUp(name));
  }

  stop(name: string): void {
    const node = this.node(name);
    if (!node.up) return;
    this.primary();
    node.up = false;
    node.changedAt = this.clock.now();
    this.logLines.push(`error: lost ${name}`);
  }

  start(name: string): void {
    const node = this.node(name);
    if (node.up) return;
    this.primary();
    node.up = true;
    node.changedAt = this.clock.now();
  }

  /** The node that takes writes now, or undefined while nobody does. A fallen primary is replaced `failoverMs` after its fall. */
  primary(): string | undefined {
    const node = this.node(this.current);
    if (node.up) return this.current;
    if (this.clock.now() - node.changedAt < this.failoverMs) return undefined;
    const next = this.options.nodes.find((name) => this.isUp(name));
    if (next === undefined) return undefined;
    this.current = next;
    for (const id of [...this.acked].slice(-this.loseAtFailover)) if (this.loseAtFailover > 0) this.acked.delete(id);
    return next;
  }

  role(name: string): string {
    if (!this.isUp(name)) return 'down';
    return this.primary() === name ? 'primary' : 'secondary';
  }

  write(id: number): WriteResult {
    const primary = this.broken ? undefined : this.primary();
    if (primary === undefined) return { outcome: 'rejected', detail: 'no primary' };
    this.acked.add(id);
    return { outcome: 'acked', detail: primary };
  }

  lostOf(entries: readonly LedgerEntry[]): readonly number[] {
    return entries.filter((entry) => entry.outcome === 'acked' && !this.acked.has(entry.id)).map((entry) => entry.id);
  }

  alertSource(): AlertSource {
    return {
      target: 'simulated alerts',
      poll: async () => this.poll(),
      rules: async () => {
        this.reach();
        return this.alertRules;
      },
    };
  }

  /** Lines written after the call. */
  async *log(signal: AbortSignal): AsyncIterable<LogLine> {
    let next = this.logLines.length;
    while (!signal.aborted) {
      for (; next < this.logLines.length; next += 1) yield { text: this.logLines[next] ?? '' };
      await this.clock.sleep(100, signal);
    }
  }

  private poll(): AlertPoll {
    this.reach();
    const now = this.clock.now();
    const alerts = this.options.nodes.flatMap((name): AlertState[] => {
      const { up, changedAt } = this.node(name);
      const since = now - changedAt;
      const firing =
        this.stuckAlert ||
        (!this.muted && (up ? since < this.options.alertAfterMs && changedAt > 0 : since >= this.options.alertAfterMs));
      if (!firing) return [];
      const alert = { name: 'NodeDown', labels: { node: name }, state: 'firing' } as const;
      return [
        { ...alert, where: 'prometheus' },
        { ...alert, where: 'alertmanager' },
      ];
    });
    return { alerts };
  }

  private reach(): void {
    if (!this.alertsReachable) throw new Error('connect ECONNREFUSED 127.0.0.1:9090');
  }

  private node(name: string): SimNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }
}
