/** One reply of a Redis protocol (RESP2) server. An error reply is data: it is for the caller to say what it means. */
export type RespReply = string | number | null | RespError | readonly RespReply[];

export interface RespError {
  /** `READONLY You can't write against a read only replica.` */
  readonly error: string;
}

/** The bytes were no RESP2, or stopped in the middle of a reply. */
export class RespSyntaxError extends Error {}

const MAX_DEPTH = 8;

export function isRespError(reply: RespReply | undefined): reply is RespError {
  return typeof reply === 'object' && reply !== null && !Array.isArray(reply);
}

/**
 * Commands as one text, and at the end bytes that are no RESP: the server answers every command, then names the
 * protocol error and closes. A sentinel knows no QUIT, and we read until the other side closes.
 */
export function encodeCommands(commands: readonly (readonly string[])[]): string {
  const encoded = commands.map(
    (words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
  );
  return `${encoded.join('')}*1\r\n!\r\n`;
}

/** All replies in a text. Throws RespSyntaxError for anything that is no complete sequence of replies. */
export function parseReplies(text: string): readonly RespReply[] {
  const bytes = Buffer.from(text);
  const replies: RespReply[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { reply, next } = parseAt(bytes, at, 0);
    replies.push(reply);
    at = next;
  }
  return replies;
}

function parseAt(bytes: Buffer, at: number, depth: number): { readonly reply: RespReply; readonly next: number } {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) throw new RespSyntaxError('the answer stops in the middle of a line');
  const kind = String.fromCharCode(bytes[at] ?? 0);
  const rest = bytes.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (kind) {
    case '+':
      return { reply: rest, next };
    case '-':
      return { reply: { error: rest }, next };
    case ':':
      return { reply: integer(rest), next };
    case '$':
      return bulk(bytes, integer(rest), next);
    case '*':
      return list(bytes, integer(rest), next, depth);
    default:
      throw new RespSyntaxError('the answer is not the Redis protocol');
  }
}

function bulk(bytes: Buffer, length: number, at: number): { readonly reply: RespReply; readonly next: number } {
  if (length === -1) return { reply: null, next: at };
  const end = at + length;
  if (length < 0 || bytes.toString('latin1', end, end + 2) !== '\r\n') {
    throw new RespSyntaxError('the answer stops in the middle of a value');
  }
  return { reply: bytes.toString('utf8', at, end), next: end + 2 };
}

function list(
  bytes: Buffer,
  length: number,
  at: number,
  depth: number,
): { readonly reply: RespReply; readonly next: number } {
  if (length === -1) return { reply: null, next: at };
  if (length < 0 || depth >= MAX_DEPTH) throw new RespSyntaxError('the answer is not the Redis protocol');
  const items: RespReply[] = [];
  let next = at;
  for (let index = 0; index < length; index += 1) {
    const item = parseAt(bytes, next, depth + 1);
    items.push(item.reply);
    next = item.next;
  }
  return { reply: items, next };
}

function integer(text: string): number {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new RespSyntaxError('the answer holds no number where one must be');
  return Number(text);
}
