import type { Endpoint, World } from '../../world/world.ts';

const ANSWER_MS = 500;
/** Sentinels know no QUIT. They answer what came before, then close the connection on a line that breaks the protocol. */
const HANG_UP = '*hang-up\r\n';

/**
 * The master as most of the sentinels that answer name it; undefined when none answers (a whole lab that starts again:
 * each server's own file, which the sentinels keep up to date, then says what it is).
 */
export async function askSentinelsForMaster(
  world: World,
  from: { readonly masterName: string; readonly sentinels: readonly Endpoint[] },
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  const question = `SENTINEL GET-MASTER-ADDR-BY-NAME ${from.masterName}\r\n${HANG_UP}`;
  const answers = await Promise.all(
    from.sentinels.map((sentinel) =>
      world.net.exchange(sentinel, question, ANSWER_MS, signal).then(parse, () => undefined),
    ),
  );
  const votes = new Map<string, { endpoint: Endpoint; count: number }>();
  for (const endpoint of answers) {
    if (endpoint === undefined) continue;
    const key = `${endpoint.host}:${endpoint.port}`;
    votes.set(key, { endpoint, count: (votes.get(key)?.count ?? 0) + 1 });
  }
  return [...votes.values()].sort((a, b) => b.count - a.count)[0]?.endpoint;
}

/** `*2 $9 127.0.0.1 $4 6379`, a line each. */
function parse(answer: string): Endpoint | undefined {
  const [, host, port] = /^\*2\r\n\$\d+\r\n([^\r\n]+)\r\n\$\d+\r\n(\d+)\r\n/.exec(answer) ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}
