import { messageOf } from '../../core/errors.ts';
import type { LabNode, LabReady } from '../../core/lab-state.ts';
import type { World } from '../../world/world.ts';

const ANSWER_MS = 1_000;

/** Undefined when everything answers that must; else what does not, for a person. */
export async function notReady(world: World, node: LabNode, signal: AbortSignal): Promise<string | undefined> {
  const answers = await Promise.all(node.ready.map((ready) => lookAt(world, ready, signal)));
  return answers.find((answer) => answer !== undefined);
}

async function lookAt(world: World, ready: LabReady, signal: AbortSignal): Promise<string | undefined> {
  try {
    if (ready.kind === 'tcp') {
      await world.net.knock({ host: '127.0.0.1', port: ready.port }, ANSWER_MS, signal);
      return undefined;
    }
    const response = await world.http.request({ url: ready.url, timeoutMs: ANSWER_MS, signal });
    if (response.status !== 200) return `${ready.url} answers ${response.status}`;
    const { header } = ready;
    if (header !== undefined && response.headers[header.name] === header.not) {
      return `${ready.url} answers ${header.name}: ${header.not}`;
    }
    return undefined;
  } catch (error) {
    return `${ready.kind === 'tcp' ? `port ${ready.port}` : ready.url}: ${messageOf(error)}`;
  }
}
