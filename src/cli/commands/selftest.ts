import { join } from 'node:path';
import { mergeConfig } from '../../config/merge.ts';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { LabState } from '../../core/lab-state.ts';
import { holdEnvironment } from '../../engine/lock.ts';
import { labDown } from '../../lab/down.ts';
import { labUp } from '../../lab/up.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { SABOTAGES } from '../../selftest/index.ts';
import { type SelftestResult, type SessionEnd, type SessionRequest, selftest } from '../../selftest/selftest.ts';
import type { World } from '../../world/world.ts';
import { conduct } from '../conduct.ts';
import { interruptible } from '../interruptible.ts';
import { findRunningLab, hintAtMissing, labBase, labFolder } from '../lab-access.ts';
import { lockPath } from '../lock-path.ts';
import { journalLostText, leftDownText } from '../recovery-text.ts';
import { say, sayJson, sayLines } from '../say.ts';
import { optionOrEnv, selectScenarios } from '../selection.ts';
import { type NotTested, selftestTable } from '../selftest-table.ts';
import { makeSessionFolder } from '../session-folder.ts';
import { openStack } from '../stack.ts';

export interface SelftestOptions {
  readonly only?: string;
  readonly labDir?: string;
  readonly json?: boolean;
}

/** Holds the selftest's own lab and the folders of its last sessions. */
const OWN_FOLDER = '.gameday-selftest';

/** Does the alarm ring? Sabotages a lab in every known way and looks whether each gate notices. 0: all did. */
export async function runSelftest(world: World, options: SelftestOptions): Promise<ExitCode> {
  const { chosen } = selectScenarios(
    SCENARIOS.map((one) => one.id),
    optionOrEnv(options.only, world.env.get('ONLY')),
    undefined,
    { only: options.only === undefined ? 'ONLY' : '--only', skip: '--skip' },
  );
  const own = join(world.env.cwd, OWN_FOLDER);
  const sessions = join(own, 'sessions');
  await world.fs.remove(sessions);
  const { result, notTested } = await interruptible(world, (signal) =>
    withLab(world, options.labDir, signal, async (state) => {
      const missing = missingOf(state, chosen);
      const only = chosen.filter((id) => !missing.some((one) => one.scenario === id));
      if (only.length === 0)
        throw nothingToTest(missing, options.labDir === undefined ? INSTALL : hintAtMissing(state));
      const tested = await selftest({
        world,
        state,
        only,
        sabotages: SABOTAGES,
        session: (request) => oneSession(world, state, sessions, request),
        mend: (inner) => mend(world, state, inner),
        signal,
        onStep: (text) => sayLines(world.tty.err, [text]),
      });
      return { result: tested, notTested: missing };
    }),
  );
  const exit = exitOf(result, notTested);
  if (options.json === true) sayJson(world.tty.out, { version: 1, ...result, notTested, exit });
  else say(world.tty.out, selftestTable(result, notTested));
  if (exit === EXIT.fail) sayLines(world.tty.err, [`the sessions' folders: ${sessions}`]);
  return exit;
}

/** On another's lab, which stays up; or on our own, which is taken down however the work ends. One selftest at a time on each. */
async function withLab<T>(
  world: World,
  option: string | undefined,
  signal: AbortSignal,
  work: (state: LabState) => Promise<T>,
): Promise<T> {
  if (option !== undefined) {
    const folder = labFolder(world, option);
    const state = await findRunningLab(world, folder);
    if (state === undefined) throw noLab(folder);
    if (state.defaults) throw shippedDefaults(folder);
    return alone(world, folder, () => work(state));
  }
  const folder = join(world.env.cwd, OWN_FOLDER, 'lab');
  const onStep = ({ name, detail }: { name: string; detail: string }) =>
    sayLines(world.tty.err, [`lab: ${name}: ${detail}`]);
  await world.fs.makeFolder(folder, 0o700);
  return alone(world, folder, async () => {
    try {
      // One that a killed selftest left behind may still be sabotaged.
      await labDown(world, folder);
      await world.fs.makeFolder(folder, 0o700);
      return await work(await labUp(world, { folder, defaults: false, skip: [], onStep, signal }));
    } finally {
      await labDown(world, folder);
    }
  });
}

/** Each session takes the lab's own lock; this one keeps a second selftest from working between them. */
async function alone<T>(world: World, folder: string, work: () => Promise<T>): Promise<T> {
  const id = `${await world.fs.realPath(folder)}/selftest`;
  const lock = await holdEnvironment(world, lockPath(world.env, id), 'selftest');
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** What `lab up` does with a lab that is up. */
async function mend(world: World, { folder, defaults }: LabState, signal: AbortSignal): Promise<void> {
  await labUp(world, { folder, defaults, skip: [], onStep: () => undefined, signal });
}

/** A whole session as `run` would make it, on the lab and on nothing else. */
async function oneSession(
  world: World,
  state: LabState,
  sessions: string,
  request: SessionRequest,
): Promise<SessionEnd> {
  const settings = request.settings.reduce<unknown>((all, one) => mergeConfig(all, one), {});
  const options = {
    only: request.only.join(','),
    labDir: state.folder,
    profile: 'smoke',
    // A folder each: what one sabotage leaves behind must not refuse the next.
    sessions: join(sessions, request.name),
  };
  const seen = { ...world, http: request.http(world.http) };
  const stack = await openStack(seen, options, isJsonObject(settings) ? settings : {});
  if (!stack.loaded.usesLab) throw new Error('only a lab may be sabotaged');
  const platforms = new Map([...stack.platforms].map(([id, platform]) => [id, request.platform(platform)]));
  const folder = await makeSessionFolder(world, stack.sessions, stack.loaded.config.environment);
  const end = await conduct(seen, { ...stack, platforms }, options, folder, {
    onRecord: request.onRecord,
    onLeftDown: (left) => say(world.tty.err, leftDownText(left)),
    onJournalLost: (cause) => say(world.tty.err, journalLostText(cause)),
  });
  if ('failure' in end) {
    const { failure } = end;
    if (failure instanceof GamedayError && failure.exitCode === EXIT.inconclusive)
      return { kind: 'refused', message: messageOf(failure) };
    throw failure;
  }
  const bytes = await world.fs.readBytes(join(folder.path, 'journal.jsonl'));
  if (bytes === undefined) throw new Error(`there is no journal in ${folder.path}`);
  return { kind: 'journal', bytes };
}

function missingOf(state: LabState, chosen: readonly string[]): readonly NotTested[] {
  const { scenarios } = labBase(state).settings as { readonly scenarios: JsonObject };
  const why = state.missing.map(({ stack, reason }) => `${stack}: ${reason}`).join('; ');
  return chosen
    .filter((id) => scenarios[id] === undefined)
    .map((scenario) => ({ scenario, reason: `the lab is not complete (${why})` }));
}

function exitOf(result: SelftestResult, notTested: readonly NotTested[]): ExitCode {
  if (result.interrupted) return EXIT.interrupted;
  if (!result.ok) return EXIT.fail;
  return notTested.length === 0 ? EXIT.pass : EXIT.inconclusive;
}

function noLab(folder: string): GamedayError {
  return new GamedayError({
    code: 'lab-not-running',
    message: `no lab is running in ${folder}`,
    hint: 'start it: gameday lab up; or leave --lab-dir out, then the selftest brings up a lab of its own',
    exitCode: EXIT.inconclusive,
  });
}

function shippedDefaults(folder: string): GamedayError {
  return new GamedayError({
    code: 'lab-differs',
    message: `the lab in ${folder} runs with the shipped defaults, with which the drills do not pass without sabotage`,
    hint: 'leave --lab-dir out, then the selftest brings up a lab of its own',
    exitCode: EXIT.usage,
  });
}

const INSTALL = 'install what is missing (npm run drill does that in the repository)';

function nothingToTest(missing: readonly NotTested[], hint: string): GamedayError {
  return new GamedayError({
    code: 'not-configured',
    message: `nothing can be tested here: ${missing.map(({ scenario, reason }) => `${scenario}: ${reason}`).join('; ')}`,
    hint,
    exitCode: EXIT.inconclusive,
  });
}
