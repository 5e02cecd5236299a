import type { Inspection, NodeRef } from '../../src/core/node.ts';
import type { ActionOptions, LogLine, Platform } from '../../src/core/platform.ts';
import type { SimCluster } from './sim-cluster.ts';

/**
 * What a command does: `succeed`; `fail` without effect; `effect-but-fail`; `no-effect` and report success; `hang` without
 * effect; `effect-but-hang`; `late`: report failure at once, and take effect two seconds later.
 */
export type CommandScript = 'succeed' | 'fail' | 'effect-but-fail' | 'no-effect' | 'hang' | 'effect-but-hang' | 'late';

/** A platform over a simulated cluster whose next commands can be scripted; unscripted ones succeed. */
export class SimPlatform implements Platform {
  readonly id = 'sim';
  readonly stops: CommandScript[] = [];
  readonly starts: CommandScript[] = [];
  /** Every command in order, as `stop n1`. */
  readonly commands: string[] = [];
  inspectFails = false;
  private readonly cluster: SimCluster;

  constructor(cluster: SimCluster) {
    this.cluster = cluster;
  }

  async inspect(node: NodeRef): Promise<Inspection> {
    if (this.inspectFails) throw new Error(`${node.name}: the platform does not answer`);
    return { state: this.cluster.isUp(node.name) ? 'up' : 'down', detail: 'simulated' };
  }

  byHand(action: string, node: NodeRef): string {
    return `sim ${action} ${node.name}`;
  }

  async stop(node: NodeRef, options: ActionOptions): Promise<void> {
    await this.act('stop', node, this.stops.shift() ?? 'succeed', options, () => this.cluster.stop(node.name));
  }

  async start(node: NodeRef, options: ActionOptions): Promise<void> {
    await this.act('start', node, this.starts.shift() ?? 'succeed', options, () => this.cluster.start(node.name));
  }

  logs(_node: NodeRef, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.cluster.log(signal);
  }

  private async act(
    action: string,
    node: NodeRef,
    script: CommandScript,
    options: ActionOptions,
    effect: () => void,
  ): Promise<void> {
    this.commands.push(`${action} ${node.name}`);
    const { clock } = this.cluster;
    switch (script) {
      case 'succeed':
        await clock.sleep(20, options.signal);
        effect();
        return;
      case 'no-effect':
        return;
      case 'fail':
        throw new Error(`${node.name}: the command failed`);
      case 'effect-but-fail':
        effect();
        throw new Error(`${node.name}: the command failed`);
      case 'late':
        void clock.sleep(2_000).then(effect);
        throw new Error(`${node.name}: the command failed`);
      case 'effect-but-hang':
        effect();
        return new Promise(() => undefined);
      case 'hang':
        return new Promise(() => undefined);
    }
  }
}
