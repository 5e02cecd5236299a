import type { Endpoint, Net } from '../world/world.ts';
import { encodeCommands, isRespError, parseReplies, type RespReply, RespSyntaxError } from './resp.ts';

/** The server does not let us in: a wrong password, or none where one is needed. */
export class RedisDenied extends Error {}

export interface RedisTarget extends Endpoint {
  readonly password?: string;
}

/**
 * Sends commands over a fresh connection and answers with one reply for each. Rejects with an HttpFailure when there is
 * no answer, with RedisDenied when the password is refused, and with RespSyntaxError when the answer is not RESP.
 */
export async function redisCall(
  net: Pick<Net, 'exchange'>,
  target: RedisTarget,
  commands: readonly (readonly string[])[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly RespReply[]> {
  const { host, port, password } = target;
  const all = password === undefined ? commands : [['AUTH', password], ...commands];
  const text = await net.exchange({ host, port }, encodeCommands(all), timeoutMs, signal);
  const replies = parseReplies(text).slice(0, all.length);
  if (replies.length < all.length) throw new RespSyntaxError(`${replies.length} answers to ${all.length} commands`);
  const own = password === undefined ? replies : replies.slice(1);
  verifyLetIn(password === undefined ? undefined : replies[0], own);
  return own;
}

/** A server without a password complains about AUTH and serves all the same: that is no denial. */
function verifyLetIn(auth: RespReply | undefined, replies: readonly RespReply[]): void {
  const denied = [auth, ...replies].find(
    (reply) => isRespError(reply) && /^(WRONGPASS|NOAUTH|NOPERM)\b/.test(reply.error),
  );
  if (isRespError(denied)) throw new RedisDenied(denied.error);
  if (isRespError(auth) && !/without any password configured/.test(auth.error)) throw new RedisDenied(auth.error);
}
