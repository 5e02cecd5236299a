import { messageOf } from '../core/errors.ts';
import { codeOf } from './errno.ts';
import { HttpFailure, type HttpFailureKind } from './world.ts';

const KINDS: Readonly<Record<string, HttpFailureKind>> = {
  ECONNREFUSED: 'refused',
  // A unix socket whose file is gone has nobody behind it.
  ENOENT: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_PREMATURE_CLOSE: 'reset',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ETIMEDOUT: 'timeout',
  // No descriptors or buffers left on this machine: nothing was asked.
  EMFILE: 'shortage',
  ENFILE: 'shortage',
  ENOBUFS: 'shortage',
};

/** What only the other side, or the network next to it, can say: nothing listens there. */
const NOBODY: readonly string[] = ['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'EHOSTDOWN'];
/** One of several addresses was of a family that this machine has no way to: nothing was asked there. */
const NO_WAY: readonly string[] = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/**
 * Puts what a socket or Node's HTTP parser threw in one of six words; what is not known is `protocol`. The message
 * names the target and the cause.
 */
export function toFailure(error: unknown, target: string): HttpFailure {
  const message = `${target}: ${messageOf(error)}`;
  if (error instanceof HttpFailure) return new HttpFailure(error.kind, message, error.nobodyThere);
  return new HttpFailure(KINDS[codeOf(error) ?? ''] ?? 'protocol', message, isNobody(error));
}

/** A name with several addresses fails with an error for each: one that merely hangs may still serve. */
function isNobody(error: unknown): boolean {
  const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const asked = all.map((one) => codeOf(one) ?? '').filter((code) => !NO_WAY.includes(code));
  return asked.length > 0 && asked.every((code) => NOBODY.includes(code));
}

/** The error for "the time was up" and for "the caller gave up". */
export function overdue(timeoutMs: number | undefined, expired: boolean): HttpFailure {
  return new HttpFailure('timeout', expired ? `no answer within ${timeoutMs}ms` : 'given up by the caller');
}
