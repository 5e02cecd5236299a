/** A path as a shell takes it: commands that a person is given are copied into one, and a folder may hold a blank. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
