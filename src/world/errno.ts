/** The system's code of an error: `ENOENT`. Undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Answers undefined where the system says that there is no such thing; every other error rejects. */
export async function unlessMissing<T>(
  work: Promise<T>,
  codes: readonly string[] = ['ENOENT', 'ENOTDIR'],
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}
