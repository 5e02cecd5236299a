import type { Outcome } from '../core/outcome.ts';
import { HttpFailure } from '../world/world.ts';

const BY_CODE: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ETIMEDOUT: 'timeout',
  EMFILE: 'shortage',
  ENFILE: 'shortage',
  ENOBUFS: 'shortage',
};

/** What a client library's error means as an outcome. Anything that is not known to be of the network is `protocol`. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof HttpFailure) return error.kind;
  if (error instanceof AggregateError) return outcomeOfError(error.errors[0]);
  if (!(error instanceof Error)) return 'protocol';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (/terminated unexpectedly|socket closed/i.test(error.message)) return 'reset';
  if (/timeout|timed ?out|expired/i.test(error.message)) return 'timeout';
  return error.cause === undefined ? 'protocol' : outcomeOfError(error.cause);
}
