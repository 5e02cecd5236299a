import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import type { Env } from './world.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export function createEnv(): Env {
  return {
    get: (name) => process.env[name],
    get cwd() {
      return process.cwd();
    },
    get home() {
      return homedir();
    },
    get hostname() {
      return hostname();
    },
    get uid() {
      return process.getuid?.() ?? -1;
    },
    get bootId() {
      return readFileSync(BOOT_ID, 'utf8').trim();
    },
  };
}

/** What a child process is given of our own environment, unless the caller says otherwise: never our secrets. */
export function childEnvironment(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG']) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  return { ...inherited, ...own };
}
