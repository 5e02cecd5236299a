import type { Lab } from '../../lab/lab.ts';

const GOOD = '.good';

/** Changes a configuration file of the lab. What it was stands beside it until `restoreFile`, also when we are killed. */
export async function editFile({ world }: Lab, path: string, edit: (text: string) => string): Promise<void> {
  const text = await world.fs.readText(path);
  if (text === undefined) throw new Error(`there is no file ${path}`);
  const changed = edit(text);
  if (changed === text) throw new Error(`${path} is not as it was expected: nothing was changed`);
  if (!(await world.fs.exists(path + GOOD))) await world.fs.write(path + GOOD, text, 0o600);
  await world.fs.write(path, changed, 0o600);
}

/** Puts the file back; false where it was not changed. `load` makes its server read it again, before the copy is given up. */
export async function restoreFile({ world }: Lab, path: string, load: () => Promise<void>): Promise<boolean> {
  const good = await world.fs.readText(path + GOOD);
  if (good === undefined) return false;
  await world.fs.write(path, good, 0o600);
  await load();
  await world.fs.remove(path + GOOD);
  return true;
}
