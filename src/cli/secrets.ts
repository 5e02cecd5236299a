import { resolve } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { makeRedactor, type SecretRef } from '../core/secret.ts';
import type { World } from '../world/world.ts';

export interface Secrets {
  /** The value; from now on it is redacted everywhere. */
  read(ref: SecretRef): Promise<string>;
  readonly redact: (text: string) => string;
}

/** Reads secrets from the environment and from files (relative to `folder`), and knows what must never be written anywhere. */
export function openSecrets(world: Pick<World, 'env' | 'fs'>, folder: string): Secrets {
  const known = new Set<string>();
  let redact = makeRedactor(known);
  return {
    redact: (text) => redact(text),
    async read(ref) {
      const value = 'env' in ref ? fromEnvironment(world, ref.env) : await fromFile(world, resolve(folder, ref.file));
      if (!known.has(value)) {
        known.add(value);
        redact = makeRedactor(known);
      }
      return value;
    },
  };
}

function fromEnvironment(world: Pick<World, 'env'>, name: string): string {
  const value = world.env.get(name);
  if (value === undefined || value === '')
    throw missing(`the environment variable ${name} is not set`, `set ${name}, or name another place in gameday.yaml`);
  return value;
}

async function fromFile(world: Pick<World, 'fs'>, path: string): Promise<string> {
  let text: string | undefined;
  try {
    text = await world.fs.readText(path);
  } catch (error) {
    throw missing(
      `the secret's file ${path} cannot be read: ${messageOf(error)}`,
      'make it readable for this user, or name another place in gameday.yaml',
    );
  }
  if (text === undefined)
    throw missing(
      `there is no secret's file ${path}`,
      'create it with mode 0600, or name another place in gameday.yaml',
    );
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw missing(`the secret's file ${path} is empty`, 'write the secret into it');
  return value;
}

function missing(message: string, hint: string): GamedayError {
  return new GamedayError({ code: 'secret-missing', message, hint, exitCode: EXIT.usage });
}
