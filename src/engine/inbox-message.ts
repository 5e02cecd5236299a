import { withoutInvisible } from '../core/invisible.ts';
import { isJsonObject } from '../core/json.ts';

/** What another process asks the writer of a journal to write down. */
export interface InboxMessage {
  readonly kind: 'note' | 'abort';
  /** One line. May be empty for an abort. */
  readonly text: string;
  /** A note that is a finding. */
  readonly gap: boolean;
}

/** The largest file that is read. */
export const MOST_BYTES = 16 * 1024;

/** One line that a terminal and a report can show. */
export function plainLine(text: string): string {
  return withoutInvisible(text).replace(/\s+/gu, ' ').trim();
}

/** Reads the content of a file in the inbox; or why it is no message. */
export function readMessage(bytes: Uint8Array): InboxMessage | { readonly problem: string } {
  if (bytes.byteLength > MOST_BYTES) return { problem: `longer than ${MOST_BYTES / 1024} KiB` };
  const value = parse(bytes);
  if (value === undefined) return { problem: 'not JSON' };
  if (!isJsonObject(value)) return { problem: 'not an object' };
  const { kind, text, gap = false } = value;
  if (kind !== 'note' && kind !== 'abort') return { problem: 'kind is neither note nor abort' };
  if (typeof text !== 'string') return { problem: 'text is no text' };
  if (typeof gap !== 'boolean') return { problem: 'gap is neither true nor false' };
  const line = plainLine(text);
  if (kind === 'note' && line === '') return { problem: 'text is empty' };
  return { kind, text: line, gap };
}

/** The content of a file: the bytes that another program hands in. */
export function messageFile(message: InboxMessage): string {
  return `${JSON.stringify(message)}\n`;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
