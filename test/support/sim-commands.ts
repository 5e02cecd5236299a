import type { Inspection, NodeRef } from '../../src/core/node.ts';
import type { ActionOptions, LogLine, Platform } from '../../src/core/platform.ts';
import type { Cause, SimField } from './sim-field.ts';
import type { SimMachine, TableEntry } from './sim-machine.ts';
import type { SimProcess } from './sim-process.ts';

const LOG_EVERY_MS = 1_000;
/** Longer than any command may take. */
const FOREVER_MS = 600_000;

/** What one command does. Times count from its start, in ms. */
export interface Command {
  /** Under which name the coverage counts it. */
  readonly script: string;
  /** When the node changes; undefined: never. */
  readonly effectMs?: number;
  /** What the caller hears; `hang`: nothing. */
  readonly report: 'ok' | 'fail' | 'hang';
  readonly reportMs: number;
  /**
   * Who does it: `own` is the calling process, and ends with it; `child` is a process that outlives its caller and ends
   * when it is killed; `server` works on elsewhere even when its child was killed.
   */
  readonly by: 'own' | 'child' | 'server';
}

/** What the platform does with the commands of every process, and what it is told. */
export interface SimScript {
  next(action: 'stop' | 'start', process: SimProcess, node: string): Command;
  /** How inspections go now. */
  inspecting(): 'ok' | 'fail' | 'hang';
  /** The cause of what this command does. */
  causeOf(process: SimProcess, node: string): Cause;
  begun(process: SimProcess, action: 'stop' | 'start', node: string, command: Command): void;
  inspected(process: SimProcess, node: string, state: string): void;
}

/** The platform as one process of the machine sees it. */
export function simCommands(machine: SimMachine, process: SimProcess, field: SimField, script: SimScript): Platform {
  const never = new Promise<never>(() => undefined);
  const run = async (action: 'stop' | 'start', node: NodeRef, options: ActionOptions): Promise<void> => {
    const command = script.next(action, process, node.name);
    const cause = script.causeOf(process, node.name);
    script.begun(process, action, node.name, command);
    const child = command.by === 'own' ? undefined : startChild(machine, `sim ${action}`);
    if (child !== undefined) {
      options.onCommand?.(child.ref);
      // The deadline of the caller: as long as that one lives, its children end with it.
      options.signal.addEventListener('abort', () => process.isAlive() && child.signal('SIGKILL'), { once: true });
    }
    if (command.effectMs !== undefined) {
      machine.clock.after(command.effectMs, () => {
        const land = (): void => {
          if (action === 'stop') field.stop(node.name, cause);
          else field.start(node.name, cause);
          if (command.report !== 'hang') child?.finish();
          if (process.isAlive()) machine.onPoint(process, { op: action, what: node.name }, 'effect');
        };
        if (command.by === 'own') process.timer(() => !options.signal.aborted && land());
        else if (command.by === 'server' || child?.isAlive() === true) land();
      });
    }
    // Whoever gives up on a command ends its child first, and then hears of it.
    await machine.clock.sleep(command.report === 'hang' ? FOREVER_MS : command.reportMs, options.signal);
    if (options.signal.aborted) throw new Error(`${node.name}: the command was ended before it had an answer`);
    if (command.effectMs === undefined || command.effectMs <= command.reportMs) child?.finish();
    if (command.report === 'fail') throw new Error(`${node.name}: the command failed`);
  };
  const act = (action: 'stop' | 'start') => (node: NodeRef, options: ActionOptions) =>
    process.call({ op: action, what: node.name }, () => run(action, node, options));
  return {
    id: 'sim',
    inspect: (node) =>
      process.call({ op: 'inspect', what: node.name }, async (): Promise<Inspection> => {
        const how = script.inspecting();
        if (how === 'hang') return never;
        if (how === 'fail') throw new Error(`${node.name}: the platform does not answer`);
        const state = field.cluster.isUp(node.name) ? 'up' : 'down';
        script.inspected(process, node.name, state);
        return { state, detail: 'simulated' };
      }),
    byHand: (action, node) => `sim ${action} ${node.name}`,
    stop: act('stop'),
    start: act('start'),
    logs: (_node, signal) => logOf(machine, process, field, signal),
  };
}

/** A process of its own that ends when it is killed or when it has done its work. */
function startChild(machine: SimMachine, name: string): TableEntry & { finish(): void } {
  let alive = true;
  const finish = (): void => {
    alive = false;
  };
  const child = {
    ref: machine.newRef(),
    name,
    isAlive: () => alive,
    signal: (signal: string) => {
      if (signal === 'SIGKILL') finish();
    },
    finish,
  };
  machine.add(child);
  return child;
}

async function* logOf(
  machine: SimMachine,
  process: SimProcess,
  { cluster }: SimField,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  let next = cluster.logLines.length;
  while (!signal.aborted) {
    for (; next < cluster.logLines.length; next += 1) yield { text: cluster.logLines[next] ?? '' };
    await process.call(undefined, () => machine.clock.sleep(LOG_EVERY_MS, signal));
  }
}
