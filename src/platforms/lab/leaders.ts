import { join } from 'node:path';
import { isJsonObject } from '../../core/json.ts';
import type { ProcessRef, World } from '../../world/world.ts';

/** The processes that were started for a node, by the names its description gives them. */
export interface Leaders {
  /** Pids and start times mean nothing after a reboot. */
  readonly bootId: string;
  /** The node's own cgroup, where the machine allows one. */
  readonly cgroup: string | null;
  readonly processes: readonly (ProcessRef & { readonly name: string })[];
}

/**
 * What was recorded at the node's last start on this boot. A file that cannot be read as such counts as no record: the
 * node's processes are then found by their marker alone.
 */
export async function readLeaders(world: World, labFolder: string, node: string): Promise<Leaders | undefined> {
  const text = await world.fs.readText(join(labFolder, 'leaders', `${node}.json`));
  const leaders = text === undefined ? undefined : parse(text);
  return leaders?.bootId === world.env.bootId ? leaders : undefined;
}

/** The records of all nodes of a lab, whatever they are called. */
export async function readAllLeaders(world: World, labFolder: string): Promise<readonly Leaders[]> {
  const files = ((await world.fs.list(join(labFolder, 'leaders'))) ?? []).filter((name) => name.endsWith('.json'));
  const all = await Promise.all(files.map((name) => readLeaders(world, labFolder, name.slice(0, -'.json'.length))));
  return all.filter((one) => one !== undefined);
}

export async function writeLeaders(world: World, labFolder: string, node: string, leaders: Leaders): Promise<void> {
  await world.fs.write(join(labFolder, 'leaders', `${node}.json`), `${JSON.stringify(leaders)}\n`, 0o600);
}

function parse(text: string): Leaders | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value.bootId !== 'string' || !Array.isArray(value.processes)) return undefined;
  const processes: (ProcessRef & { name: string })[] = [];
  for (const entry of value.processes) {
    if (!isJsonObject(entry)) return undefined;
    const { name, pid, startTime } = entry;
    if (typeof name !== 'string' || typeof pid !== 'number' || typeof startTime !== 'string') return undefined;
    processes.push({ name, pid, startTime });
  }
  return { bootId: value.bootId, cgroup: typeof value.cgroup === 'string' ? value.cgroup : null, processes };
}
