import { dirname } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

export function gamedayVersion(): string {
  return manifest.version;
}

/** The folder that holds package.json, runbooks and sessions/TEMPLATE.md, for the bundle (dist or dist/chunks) and for the source (src/cli). */
export function packageRoot(): string {
  const here = dirname(decodeURIComponent(new URL(import.meta.url).pathname));
  const parts = here.split('/');
  const at = Math.max(parts.lastIndexOf('dist'), parts.lastIndexOf('src'));
  return parts.slice(0, at).join('/');
}
