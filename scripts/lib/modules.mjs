// node_modules: as package-lock.json says, and installed again only when that file changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, step } from './steps.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const lockFile = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules', '.gameday-stamp');
const npmsOwn = join(root, 'node_modules', '.package-lock.json');

export async function ensureModules() {
  const stamp = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  // Somebody ran npm ci by hand: npm writes this file last.
  const byHand =
    !existsSync(stampFile) && existsSync(npmsOwn) && statSync(npmsOwn).mtimeMs >= statSync(lockFile).mtimeMs;
  if (!byHand)
    await step('npm ci', () => run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root }).then(() => undefined));
  writeFileSync(stampFile, stamp);
}
