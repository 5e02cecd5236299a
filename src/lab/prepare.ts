import { join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import type { LabState } from '../core/lab-state.ts';
import { isoUtc } from '../core/time.ts';
import type { World } from '../world/world.ts';
import { apiProgram } from './api-program.ts';
import {
  type Blueprint,
  type Owner,
  PORT_NAMES,
  type Ports,
  SECRET_NAMES,
  type Secrets,
  type StackPlan,
} from './blueprint.ts';
import { isPlain, layout } from './layout.ts';
import { isForeignRunFolder, markRunFolder } from './run-folder.ts';
import { STACK_KINDS } from './stacks.ts';
import { writeLabState } from './state.ts';
import { findTools, LEFT_OUT, STACKS, type Stack, type Tools } from './tools.ts';

export interface Prepared {
  readonly state: LabState;
  readonly blueprint: Blueprint;
}

/** Sockets have paths of 107 bytes at most. */
const LONGEST_TMP = 40;

/**
 * Decides everything, and writes it down, before the first process: programs, ports, passwords, folders, configuration
 * files, and the state file with phase `starting`.
 */
export async function prepareLab(
  world: World,
  options: { readonly folder: string; readonly defaults: boolean; readonly skip: readonly Stack[] },
): Promise<Prepared> {
  const { folder, defaults } = options;
  const { tools, missing } = await toolsFor(world, options.skip);
  const id = world.random.hex(4);
  const runFolder = join(temporary(world), `gameday-${id}`);
  const owner = world.env.uid === 0 && tools.postgres !== undefined ? await postgresOwner(world) : undefined;
  const blueprint: Blueprint = {
    id,
    folder,
    runFolder,
    defaults,
    tools,
    ports: await choosePorts(world),
    secrets: chooseSecrets(world),
    postgres: {
      owner,
      // Postgres refuses root, and its own user could not reach a lab's folder that is closed to others, below /root at
      // the latest. So where the lab runs as root, the Postgres nodes live in the run folder.
      base: owner === undefined ? join(folder, 'nodes') : join(runFolder, 'nodes'),
    },
    api: await apiProgram(world),
  };
  const plans = STACKS.map((stack) => STACK_KINDS[stack].plan(blueprint));
  const state: LabState = {
    version: 1,
    id,
    folder,
    createdAt: isoUtc(world.clock.wall()),
    phase: 'starting',
    defaults,
    nodes: plans.flatMap((plan) => plan.nodes),
    missing,
    runFolder,
    secretsFolder: layout.secrets(folder),
  };
  await writeDown(world, state, blueprint, plans);
  return { state, blueprint };
}

/** What is to be started: the programs that are there, without what the user leaves out. */
async function toolsFor(
  world: World,
  skip: readonly Stack[],
): Promise<{ readonly tools: Tools; readonly missing: LabState['missing'] }> {
  const found = await findTools(world);
  const tools = Object.fromEntries(Object.entries(found.tools).filter(([stack]) => !skip.some((one) => one === stack)));
  const missing = [
    ...skip.map((stack) => ({ stack, reason: LEFT_OUT })),
    ...found.missing
      .filter(({ stack }) => !skip.includes(stack))
      .map(({ stack, reason, hint }) => ({ stack, reason: `${reason}; ${hint}` })),
  ];
  return { tools, missing };
}

function temporary(world: World): string {
  const own = world.env.get('TMPDIR');
  return own === undefined || world.env.uid === 0 || own.length > LONGEST_TMP || !isPlain(own) ? '/tmp' : own;
}

async function choosePorts(world: World): Promise<Ports> {
  const free = await world.net.freePorts(PORT_NAMES.length);
  return Object.fromEntries(PORT_NAMES.map((name, index) => [name, free[index]])) as Ports;
}

function chooseSecrets(world: World): Secrets {
  return Object.fromEntries(
    SECRET_NAMES.map((name) => [name, world.random.hex(name === 'minio-access' ? 8 : 16)]),
  ) as Secrets;
}

async function postgresOwner(world: World): Promise<Owner> {
  const line = ((await world.fs.readText('/etc/passwd')) ?? '').split('\n').find((one) => one.startsWith('postgres:'));
  const [name, , uid, gid] = line?.split(':') ?? [];
  if (name !== undefined && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  throw new GamedayError({
    code: 'lab-no-postgres-user',
    message: 'the lab runs as root, Postgres refuses root, and this machine has no user named postgres',
    hint: 'Run the lab as an ordinary user, or add the user postgres, or leave Postgres out: gameday lab up --skip postgres',
    exitCode: EXIT.inconclusive,
  });
}

async function writeDown(
  world: World,
  state: LabState,
  blueprint: Blueprint,
  plans: readonly StackPlan[],
): Promise<void> {
  const { fs } = world;
  // Before anything else is made: by this `lab down` knows what is the lab's, whenever we are interrupted.
  await writeLabState(world, state);
  await fs.makeFolder(state.runFolder, 0o700);
  if (await isForeignRunFolder(world, state.runFolder, state.folder)) throw foreignRunFolder(state.runFolder);
  // Open to passing through only where another user's server has its files below.
  await fs.chmod(state.runFolder, blueprint.postgres.owner === undefined ? 0o700 : 0o711);
  await markRunFolder(world, state);
  if (blueprint.postgres.owner !== undefined) await fs.makeFolder(blueprint.postgres.base, 0o711);
  for (const name of ['nodes', 'leaders', 'logs', 'secrets']) await fs.makeFolder(join(state.folder, name), 0o700);
  await Promise.all(
    SECRET_NAMES.map((name) => fs.write(layout.secret(state.folder, name), blueprint.secrets[name], 0o600)),
  );
  for (const { path, owner } of plans.flatMap((plan) => plan.folders)) {
    await fs.makeFolder(path, 0o700);
    if (owner !== undefined) await fs.chown(path, owner.uid, owner.gid);
  }
  await Promise.all(plans.flatMap((plan) => plan.files).map(({ path, content }) => fs.write(path, content, 0o600)));
}

function foreignRunFolder(runFolder: string): GamedayError {
  return new GamedayError({
    code: 'lab-run-folder',
    message: `${runFolder}, the folder that the lab chose for its sockets, is another user's or a link`,
    hint: 'Start the lab again, then it chooses another one: gameday lab up',
    exitCode: EXIT.inconclusive,
  });
}
