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
};

/**
 * Puts what a socket or Node's HTTP parser threw in one of five words; what is not known is `protocol`. The message
 * names the target and the cause.
 */
export function toFailure(error: unknown, target: string): HttpFailure {
  const kind = error instanceof HttpFailure ? error.kind : KINDS[codeOf(error) ?? ''];
  return new HttpFailure(kind ?? 'protocol', `${target}: ${messageOf(error)}`);
}

/** The error for "the time was up" and for "the caller gave up". */
export function overdue(timeoutMs: number | undefined, expired: boolean): HttpFailure {
  return new HttpFailure('timeout', expired ? `no answer within ${timeoutMs}ms` : 'given up by the caller');
}
