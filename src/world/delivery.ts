/** Settles once everything that was written to stdout and stderr has been taken, or whoever should take it has left. Never rejects. */
export async function outputTaken(): Promise<void> {
  await Promise.all([taken(process.stdout), taken(process.stderr)]);
}

/** A pipe takes 64 KiB at once; Node keeps the rest until the reader goes on, and forgets it at `process.exit`. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  // Behind everything that waits, in order; also called when the stream breaks meanwhile.
  return new Promise((resolve) => stream.write('', () => resolve()));
}
