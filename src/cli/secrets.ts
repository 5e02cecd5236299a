import { resolve } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { OUTCOMES } from '../core/outcome.ts';
import { canBeHidden, LONGEST_SECRET, makeRedactor, type SecretRef, SHORTEST_SECRET } from '../core/secret.ts';
import { PHASES } from '../journal/events.ts';
import type { World } from '../world/world.ts';

export interface Secrets {
  /** The value; from now on it is redacted everywhere. Rejects with a GamedayError where it is missing, or too short or too long to be hidden. */
  read(ref: SecretRef): Promise<string>;
  readonly redact: (text: string) => string;
}

/** Every secret that this process has read. One set for all: a crash that no session knows of must not tell it either. */
const known = new Set<string>();
let redact = makeRedactor(known);

/** Takes every secret that was read so far out of a text. For whatever this process shows or writes. */
export function redactKnown(text: string): string {
  return redact(text);
}

/** Reads secrets from the environment and from files (relative to `folder`), and knows what must never be written anywhere. */
export function openSecrets(world: Pick<World, 'env' | 'fs'>, folder: string): Secrets {
  return {
    redact: redactKnown,
    async read(ref) {
      const value = 'env' in ref ? fromEnvironment(world, ref.env) : await fromFile(world, resolve(folder, ref.file));
      if (!canBeHidden(value))
        throw notHidden(
          'env' in ref ? `the environment variable ${ref.env}` : `the file ${resolve(folder, ref.file)}`,
          value,
        );
      if (!known.has(value)) {
        redact = makeRedactor([...known, value]);
        known.add(value);
      }
      return value;
    },
  };
}

/**
 * Reads again whatever secrets a configuration names, for a process that has no other use for them than to hide them.
 * Those that cannot be read here are passed over: then nothing that is written here can hold them, or only by chance.
 */
export async function learnSecrets(secrets: Secrets, config: unknown): Promise<void> {
  for (const ref of secretRefs(config)) await secrets.read(ref).catch(() => undefined);
}

/** Names of the environment variables that a configuration takes secrets from. */
export function secretVariables(config: unknown): readonly string[] {
  return secretRefs(config).flatMap((ref) => ('env' in ref ? [ref.env] : []));
}

/** Mappings with keys of the user's own: a label `file` names no secret. */
const FREE: ReadonlySet<string> = new Set(['labels', 'json']);

/** Only scenarios have secrets. What else is called `file`, like the log of a node, must not be read for one. */
function secretRefs(config: unknown): readonly SecretRef[] {
  return isJsonObject(config) ? refsIn(config.scenarios) : [];
}

function refsIn(value: unknown): readonly SecretRef[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (!isJsonObject(value)) return [];
  const { env, file } = value;
  if (Object.keys(value).length === 1 && typeof env === 'string') return [{ env }];
  if (Object.keys(value).length === 1 && typeof file === 'string') return [{ file }];
  return Object.entries(value).flatMap(([key, inner]) => (FREE.has(key) ? [] : refsIn(inner)));
}

/** Words of the journal itself: hidden in them, a secret would make it unreadable. */
const WORDS: readonly string[] = [
  ...OUTCOMES,
  ...PHASES,
  ...['start', 'resume', 'stop', 'pause', 'down', 'paused', 'starting', 'unknown', 'restored', 'not-restored'],
  ...['applied', 'failed', 'indeterminate', 'completed', 'not-injected', 'unproven', 'aborted', 'interrupted'],
  ...['error', 'not-run', 'acked', 'rejected', 'inactive', 'pending', 'firing', 'prometheus', 'alertmanager'],
  ...['PASS', 'FAIL', 'INCONCLUSIVE', 'recover', 'guard', 'blocked', 'warning', 'unattainable'],
];

/**
 * Throws a GamedayError (usage) when a secret stands inside a name that the way back from a fault needs: it could not be
 * hidden in the journal without losing the node.
 */
export function verifyNoNameHoldsSecret(secrets: Pick<Secrets, 'redact'>, names: readonly string[]): void {
  const name = [...names, ...WORDS].find((one) => secrets.redact(one) !== one);
  if (name === undefined) return;
  const inWord = WORDS.includes(name) ? 'a word of the journal' : `the name "${secrets.redact(name)}"`;
  throw new GamedayError({
    code: 'secret-in-name',
    message: `the value of a secret stands inside ${inWord}: gameday could not hide it there and still find its way back`,
    hint: 'use a secret that is no such word (a random one), or rename what holds it',
    exitCode: EXIT.usage,
  });
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

/** Said with the place alone: the value is not known to be hidden. */
function notHidden(place: string, value: string): GamedayError {
  const [code, size, hint] =
    value.length > LONGEST_SECRET
      ? ['secret-too-long', `more than ${LONGEST_SECRET}`, 'name a place that holds the password and nothing else']
      : ['secret-too-short', `fewer than ${SHORTEST_SECRET}`, 'give that account a longer password, and put it there'];
  return new GamedayError({
    code,
    message: `the secret in ${place} has ${size} characters: gameday could not keep it out of what it writes`,
    hint,
    exitCode: EXIT.usage,
  });
}

function missing(message: string, hint: string): GamedayError {
  return new GamedayError({ code: 'secret-missing', message, hint, exitCode: EXIT.usage });
}
