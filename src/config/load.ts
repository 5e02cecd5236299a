import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { z } from 'zod';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { shellWord } from '../core/shell-word.ts';
import type { World } from '../world/world.ts';
import { findContradictions } from './contradictions.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import { explainIssues } from './explain.ts';
import { configJsonSchema } from './json-schema.ts';
import { mergeConfig } from './merge.ts';
import { configError } from './problems.ts';
import { type ConfigShape, configSchema, type ScenarioSchema } from './schema.ts';

const CONFIG_FILE = 'gameday.yaml';

/** The lab as a configuration: what its state says, in the shape of gameday.yaml. */
export interface LabBase {
  /** Real path of the lab's folder, for messages. */
  readonly folder: string;
  readonly settings: JsonObject;
  /** Names of all its nodes, also of those that no scenario breaks. */
  readonly nodes: readonly string[];
}

export interface LoadedConfig {
  readonly config: ConfigShape;
  /** The effective values as they were written, secrets as references; for the journal. */
  readonly effective: JsonObject;
  /** Where it came from, for people: a file, the lab, or both. */
  readonly source: string;
  /** Relative paths in the configuration start here. */
  readonly folder: string;
  /** True when the embedded lab is what is drilled. */
  readonly usesLab: boolean;
  /** Scenarios left out of `config`: the file gives a part of their settings, and the lab has no stack that would give these others. */
  readonly lacking: Readonly<Record<string, readonly string[]>>;
}

export interface LoadOptions {
  readonly world: World;
  /** `--config`; searched upwards from the working directory when absent. */
  readonly file: string | undefined;
  /** In the place of a file, and of any that would be found: what is laid over the lab's own settings. */
  readonly given?: JsonObject;
  readonly scenarios: readonly ScenarioSchema[];
  readonly platforms: readonly string[];
  /** `--lab-dir`, where it was given: for messages. */
  readonly labDir?: string | undefined;
  /** The lab that is up, if one is. Asked only where the file does not name a stack of another kind. */
  lab(): Promise<LabBase | undefined>;
}

/**
 * Finds, reads, merges and checks the configuration. Without a file the lab's own settings are taken; a file for the lab is
 * merged over them. Throws a GamedayError (usage) that lists every mistake, or says that there is neither lab nor file.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const found = options.given === undefined ? await readConfigFile(options) : undefined;
  const document = found ?? emptyDocument(options.given);
  const wantsLab = namesNoStack(document.value);
  const base = wantsLab ? await options.lab() : undefined;
  const schema = configSchema(options.scenarios);
  if (wantsLab && base === undefined) {
    // It need not be started to be told.
    const mistakes = ownMistakes(schema.safeParse(document.value).error?.issues ?? [], document.value);
    if (found !== undefined && mistakes.length > 0) {
      const known = configJsonSchema(options.scenarios);
      throw configError(found.file, explainIssues(mistakes, found, found.value, known));
    }
    throw noStack(found, options.labDir);
  }
  const whole = base === undefined ? document.value : mergeConfig(base.settings, document.value);
  const issues = schema.safeParse(whole).error?.issues ?? [];
  const lacks = base === undefined ? [] : lackedByLab(issues, base, document.value);
  const mistakes = issues.filter((issue) => !lacks.some((lack) => lack.issues.includes(issue)));
  if (mistakes.length > 0) {
    const known = configJsonSchema(options.scenarios);
    throw configError(document.file, explainIssues(mistakes, document, whole, known));
  }
  const lacking = lacks.map(({ id }) => id);
  const value = withoutScenarios(whole, lacking);
  const config = schema.parse(value);
  const contradictions = findContradictions(whole, document, {
    platforms: options.platforms,
    lab: config.environment.kind === 'lab',
    labNodes: base?.nodes,
    scenarios: options.scenarios,
    lacking,
  });
  if (contradictions.length > 0) throw configError(document.file, contradictions);
  return {
    config,
    effective: JSON.parse(JSON.stringify(value)) as JsonObject,
    source: sourceOf(found, base),
    folder: found === undefined ? options.world.env.cwd : dirname(resolve(options.world.env.cwd, found.file)),
    usesLab: base !== undefined,
    lacking: Object.fromEntries(lacks.map(({ id, fields }) => [id, fields])),
  };
}

type Issue = z.core.$ZodIssue;

interface Lack {
  readonly id: string;
  readonly fields: readonly string[];
  readonly issues: readonly Issue[];
}

/** Scenarios of which the file gives a part, to be laid over the lab's own settings, where this lab has no such stack. */
function lackedByLab(issues: readonly Issue[], { settings }: LabBase, ofFile: unknown): readonly Lack[] {
  const ofLab = isJsonObject(settings.scenarios) ? settings.scenarios : {};
  const scenarios = isJsonObject(ofFile) && isJsonObject(ofFile.scenarios) ? ofFile.scenarios : {};
  return Object.entries(scenarios).flatMap(([id, given]): Lack[] => {
    if (ofLab[id] !== undefined || !isJsonObject(given)) return [];
    const missing = issues.filter(
      ({ path: [top, scenario, ...rest] }) => top === 'scenarios' && scenario === id && isAbsent(given, rest),
    );
    const fields = missing.flatMap(({ path }) => (path.length === 3 ? [String(path[2])] : []));
    return fields.length === 0 ? [] : [{ id, fields, issues: missing }];
  });
}

/** What is wrong with a file whatever lab it is laid over: all but what such a lab may give. */
function ownMistakes(issues: readonly Issue[], ofFile: unknown): readonly Issue[] {
  return issues.filter(({ path }) => !isJsonObject(ofFile) || !isAbsent(ofFile, path));
}

/** Inside of lists never: the lab gives nothing to a list of the file. */
function isAbsent(given: JsonObject, path: readonly PropertyKey[]): boolean {
  let value: unknown = given;
  for (const step of path) {
    if (typeof step !== 'string' || !isJsonObject(value)) return false;
    value = value[step];
    if (value === undefined) return true;
  }
  return false;
}

function withoutScenarios(value: unknown, ids: readonly string[]): unknown {
  if (!isJsonObject(value) || !isJsonObject(value.scenarios)) return value;
  const kept = Object.entries(value.scenarios).filter(([id]) => !ids.includes(id));
  return { ...value, scenarios: Object.fromEntries(kept) };
}

async function readConfigFile({ world, file }: LoadOptions): Promise<ConfigDocument | undefined> {
  const path = file === undefined ? await findUpwards(world) : resolve(world.env.cwd, file);
  if (path === undefined) return undefined;
  const shown = shortPath(path, world.env.cwd);
  let text: string | undefined;
  try {
    text = await world.fs.readText(path);
  } catch (error) {
    throw new GamedayError({
      code: 'config-unreadable',
      message: `${shown} cannot be read: ${messageOf(error)}`,
      hint: 'name a readable file with --config FILE',
      exitCode: EXIT.usage,
      cause: error,
    });
  }
  if (text === undefined) {
    throw new GamedayError({
      code: 'config-not-found',
      message: `there is no file ${shown}`,
      hint: 'name an existing file with --config FILE, or leave --config out to use the lab',
      exitCode: EXIT.usage,
    });
  }
  const document = parseConfigDocument(shown, text);
  if (!isJsonObject(document.value)) {
    throw configError(shown, [
      { line: 1, column: 1, text: 'the file holds no mapping: begin with `version: 1` and `environment:`' },
    ]);
  }
  return document;
}

async function findUpwards(world: World): Promise<string | undefined> {
  let folder = world.env.cwd;
  for (;;) {
    const path = join(folder, CONFIG_FILE);
    if (await world.fs.exists(path)) return path;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/** The embedded lab is meant unless the file says that its environment is of another kind. */
function namesNoStack(value: unknown): boolean {
  if (!isJsonObject(value) || !isJsonObject(value.environment)) return true;
  const { kind } = value.environment;
  return kind === undefined || kind === 'lab';
}

function noStack(found: ConfigDocument | undefined, labDir: string | undefined): GamedayError {
  const noLab = labDir === undefined ? 'no lab is up' : `no lab is up in ${labDir}`;
  const message =
    found === undefined
      ? `${noLab} and there is no ${CONFIG_FILE} here or in a folder above`
      : `${found.file} is about the lab, and ${noLab}`;
  const up = labDir === undefined ? 'gameday lab up' : `gameday lab up --lab-dir ${shellWord(labDir)}`;
  return new GamedayError({
    code: 'no-stack',
    message,
    hint: `start one with \`${up}\`, or describe your own stack in ${CONFIG_FILE} with environment.kind staging or production`,
    exitCode: EXIT.usage,
  });
}

function sourceOf(found: ConfigDocument | undefined, base: LabBase | undefined): string {
  const lab = base === undefined ? undefined : `the lab in ${base.folder}`;
  return [found?.file, lab].filter((one) => one !== undefined).join(' over ');
}

function emptyDocument(value: JsonObject = {}): ConfigDocument {
  const start = { line: 1, column: 1 };
  return { file: `(${CONFIG_FILE} of the lab)`, value, locate: () => start, locateKey: () => start };
}

function shortPath(path: string, cwd: string): string {
  const prefix = cwd.endsWith('/') ? cwd : `${cwd}/`;
  return isAbsolute(path) && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
