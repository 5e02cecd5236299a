import { labDownCommand, labUpCommand } from '../../core/lab-commands.ts';
import type { LabNode, LabState } from '../../core/lab-state.ts';
import type { World } from '../../world/world.ts';

const ANSWER_MS = 1_000;

/** A node that cannot start because another program has its recorded port. */
export class PortTaken extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`another program listens on its port ${port}`);
    this.name = 'PortTaken';
    this.port = port;
  }
}

/**
 * To be asked while nothing of the node runs: whoever listens on one of its ports is then somebody else. The server
 * itself would say so in its log only, and die. What cannot be told counts as free: it is the server that decides.
 */
export async function verifyPortsFree(world: World, node: LabNode, signal: AbortSignal): Promise<void> {
  const ports = Object.values(node.ports);
  const taken = await Promise.all(
    ports.map((port) =>
      world.net.knock({ host: '127.0.0.1', port }, ANSWER_MS, AbortSignal.any([signal])).then(
        () => true,
        () => false,
      ),
    ),
  );
  const port = ports.find((_, index) => taken[index]);
  if (port !== undefined) throw new PortTaken(port);
}

/** What a person can do about a taken port, where that is what stands behind an error. */
export function hintAtTakenPort(error: unknown, state: Pick<LabState, 'folder' | 'defaults'>): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one instanceof PortTaken)
      return [
        `end that program (ss -ltnp 'sport = :${one.port}' shows it), then ${labUpCommand(state)}`,
        `or take fresh ports: ${labDownCommand(state)}, then ${labUpCommand(state)}`,
      ].join('\n      ');
  return undefined;
}
