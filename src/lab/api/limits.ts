/** A dependency did not do its part: the request that needed it is answered with 503. */
export class Unavailable extends Error {
  constructor(component: string, cause: unknown) {
    super(`${component} unavailable: ${textOf(cause)}`, { cause });
    this.name = 'Unavailable';
  }
}

/** Settles as `work` does, or rejects when it has not settled after `ms`. Nothing in this service waits without one. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The text of anything thrown on one line. Errors of several attempts (AggregateError) are joined. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const several = error instanceof AggregateError ? [...new Set(error.errors.map(textOf))].join('; ') : '';
  return (several || error.message || error.name).replace(/\s+/g, ' ').trim();
}
