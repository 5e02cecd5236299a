import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A secret in the ways in which programs write it. */
function formsOf(secret: string): readonly string[] {
  const encoded = (before: string, form: 'base64' | 'base64url') =>
    Buffer.from(before + secret)
      .toString(form)
      .slice(8, -4);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...['', 'u:', 'us:'].flatMap((before) => [encoded(before, 'base64'), encoded(before, 'base64url')]),
  ];
}

/** Names of the texts that hold one of the secrets, in whatever form. */
export function holding(texts: ReadonlyMap<string, Buffer | string>, secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap(formsOf);
  return [...texts].filter(([, text]) => forms.some((form) => text.includes(form))).map(([name]) => name);
}

/** Every file below a folder, by its path. */
export async function filesBelow(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)));
}
