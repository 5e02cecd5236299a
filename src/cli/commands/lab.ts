import { formatDuration } from '../../core/duration.ts';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import { labUpCommand } from '../../core/lab-commands.ts';
import type { LabNode, LabState } from '../../core/lab-state.ts';
import type { NodeRef, NodeState } from '../../core/node.ts';
import { shellWord } from '../../core/shell-word.ts';
import { labDown as takeDown } from '../../lab/down.ts';
import type { Step } from '../../lab/lab.ts';
import { findLabState, readLabState } from '../../lab/state.ts';
import { STACKS, type Stack } from '../../lab/tools.ts';
import { labUp as bringUp } from '../../lab/up.ts';
import { hintAtTakenPort } from '../../platforms/lab/taken-ports.ts';
import { createLabPlatform } from '../../platforms/lab.ts';
import { columns } from '../../report/columns.ts';
import { safeText } from '../../report/safe.ts';
import { withDeadline } from '../../world/await.ts';
import type { World } from '../../world/world.ts';
import { interruptible } from '../interruptible.ts';
import { labFolder } from '../lab-access.ts';
import { lockPath, verifyNotDrilled } from '../lock-path.ts';
import { say, sayJson, sayLines } from '../say.ts';

const INSPECT_MS = 5_000;
const ACTION_MS = 60_000;
/** As much of a log's end as is read for its last lines. */
const TAIL_BYTES = 1024 * 1024;

export interface LabOptions {
  readonly labDir?: string;
}

export async function labUp(
  world: World,
  options: LabOptions & { readonly defaults?: boolean; readonly skip?: string },
): Promise<ExitCode> {
  const began = world.clock.now();
  const folder = labFolder(world, options.labDir);
  const [defaults, skip] = [options.defaults === true, stacksOf(options.skip)];
  await verifyFree(world, folder);
  const state = await interruptible(world, (signal) =>
    bringUp(world, { folder, defaults, skip, onStep: stepPrinter(world), signal }),
  );
  const missing = state.missing.map(({ stack, reason }) => `not started: ${stack}: ${reason}\n`);
  const kind = state.defaults ? ', shipped defaults' : '';
  say(
    world.tty.err,
    `${missing.join('')}lab up in ${formatDuration(world.clock.now() - began)}: ${state.nodes.length} nodes in ${state.folder}${kind}\n`,
  );
  return EXIT.pass;
}

export async function labDown(world: World, options: LabOptions): Promise<ExitCode> {
  const began = world.clock.now();
  const folder = labFolder(world, options.labDir);
  await verifyFree(world, folder);
  const found = await interruptible(world, (signal) => takeDown(world, folder, { signal }));
  say(
    world.tty.err,
    found
      ? `lab down in ${formatDuration(world.clock.now() - began)}: nothing is left\n`
      : `there was no lab in ${folder}\n`,
  );
  return EXIT.pass;
}

/** Throws a GamedayError (refused) while a session drills the lab in this folder, or its guard restores what it broke. */
async function verifyFree(world: World, folder: string): Promise<void> {
  if (await world.fs.exists(folder))
    await verifyNotDrilled(world, lockPath(world.env, await world.fs.realPath(folder)));
}

/** 0 when every node is up, 3 otherwise. */
export async function labStatus(world: World, options: LabOptions & { readonly json?: boolean }): Promise<ExitCode> {
  const folder = labFolder(world, options.labDir);
  const state = await findLabState(world, folder);
  const nodes = state === undefined ? [] : await Promise.all(state.nodes.map((node) => statusOf(world, state, node)));
  const allUp = state?.phase === 'up' && nodes.every((node) => node.state === 'up');
  const { out } = world.tty;
  if (options.json === true) {
    sayJson(out, { version: 1, folder, phase: state?.phase ?? 'none', allUp, nodes, missing: state?.missing ?? [] });
  } else if (state === undefined) {
    sayLines(out, [`no lab in ${folder}: ${labUpCommand({ folder })}`]);
  } else {
    const rows = nodes.map((node) => [
      node.name,
      node.stack,
      node.state,
      Object.entries(node.ports)
        .map(([name, port]) => `${name} ${port}`)
        .join(', '),
      node.detail,
    ]);
    say(
      out,
      `lab in ${state.folder}: ${state.phase}${notUp(nodes)}${state.defaults ? ', shipped defaults' : ''}\n\n${columns([['node', 'stack', 'state', 'ports', 'seen'], ...rows], 110)}\n`,
    );
    sayLines(
      out,
      state.missing.map(({ stack, reason }) => `not started: ${stack}: ${reason}`),
    );
  }
  return allUp ? EXIT.pass : EXIT.inconclusive;
}

export async function labLogs(
  world: World,
  name: string,
  options: LabOptions & { readonly follow?: boolean; readonly lines?: string },
): Promise<ExitCode> {
  const state = await readLabState(world, labFolder(world, options.labDir));
  const node = nodeOf(state, name);
  const count = Number(options.lines ?? '50');
  if (!Number.isInteger(count) || count < 0) {
    throw new GamedayError({
      code: 'bad-count',
      message: `--lines ${options.lines ?? ''} is no number of lines`,
      hint: 'write a whole number, like --lines 100',
      exitCode: EXIT.usage,
    });
  }
  const size = (await world.fs.size(node.logFile)) ?? 0;
  const bytes = await world.fs.readFrom(node.logFile, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  const lines = new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const print = (line: string) => world.tty.out.write(`${world.tty.out.isTTY ? safeText(line, 2_000) : line}\n`);
  const follow = createLabPlatform(world, state);
  for (const line of count === 0 ? [] : lines.slice(-count)) print(line);
  if (options.follow !== true) return EXIT.pass;
  await interruptible(world, async (signal) => {
    for await (const { text } of follow.logs(refOf(node), signal)) {
      if (world.tty.out.broken) return;
      print(text);
    }
  });
  return EXIT.pass;
}

export function labStart(world: World, name: string, options: LabOptions): Promise<ExitCode> {
  return act(world, name, options, 'start');
}

export function labStop(world: World, name: string, options: LabOptions): Promise<ExitCode> {
  return act(world, name, options, 'stop');
}

export function labPause(world: World, name: string, options: LabOptions): Promise<ExitCode> {
  return act(world, name, options, 'pause');
}

export function labResume(world: World, name: string, options: LabOptions): Promise<ExitCode> {
  return act(world, name, options, 'resume');
}

/** What a node is after each action. */
const AFTER = { start: 'up', stop: 'down', pause: 'paused', resume: 'up' } as const satisfies Record<string, NodeState>;

async function act(world: World, name: string, options: LabOptions, action: keyof typeof AFTER): Promise<ExitCode> {
  const state = await readLabState(world, labFolder(world, options.labDir));
  const node = nodeOf(state, name);
  const platform = createLabPlatform(world, state);
  const wanted = AFTER[action];
  // Start and resume are what a person is told to type when a restore fails, whoever still holds the lock.
  if (wanted !== 'up') await verifyFree(world, state.folder);
  await interruptible(world, (parent) =>
    withDeadline(world.clock, ACTION_MS, parent, async (signal) => {
      await platform[action](refOf(node), { signal });
      // Started is not yet serving: the command says so only once the node answers.
      while (!signal.aborted && (await platform.inspect(refOf(node), signal)).state !== wanted)
        await world.clock.sleep(100, signal);
    }).catch((error: unknown) => {
      throw new GamedayError({
        code: 'lab-action-failed',
        message: `${name} is not ${wanted}: ${messageOf(error)}`,
        hint:
          hintAtTakenPort(error, state) ??
          `look at its log: gameday lab logs ${name} --lab-dir ${shellWord(state.folder)}`,
        exitCode: EXIT.inconclusive,
        cause: error,
      });
    }),
  );
  sayLines(world.tty.err, [`${name} is ${wanted}`]);
  return EXIT.pass;
}

async function statusOf(world: World, state: LabState, node: LabNode) {
  const { name, stack, ports } = node;
  try {
    const seen = await withDeadline(world.clock, INSPECT_MS, undefined, (signal) =>
      createLabPlatform(world, state).inspect(refOf(node), signal),
    );
    return { name, stack, ports, ...seen };
  } catch (error) {
    return { name, stack, ports, state: 'unknown' as const, detail: messageOf(error) };
  }
}

/** `, 1 of 21 nodes is not up: api-2`; nothing where all are. */
export function notUp(nodes: readonly { readonly name: string; readonly state: NodeState | 'unknown' }[]): string {
  const names = nodes.filter((node) => node.state !== 'up').map((node) => node.name);
  if (names.length === 0) return '';
  return `, ${names.length} of ${nodes.length} nodes ${names.length === 1 ? 'is' : 'are'} not up: ${names.join(', ')}`;
}

/** `minio,rabbitmq` as stacks. */
function stacksOf(text: string | undefined): readonly Stack[] {
  if (text === undefined) return [];
  const words = text.split(',').map((word) => word.trim());
  const stacks = STACKS.filter((stack) => words.includes(stack));
  const unknown = words.find((word) => !STACKS.some((stack) => stack === word));
  if (unknown === undefined && stacks.length < STACKS.length) return stacks;
  throw new GamedayError({
    code: unknown === undefined ? 'empty-selection' : 'unknown-stack',
    message:
      unknown === undefined ? '--skip leaves no stack of the lab' : `the lab has no stack "${safeText(unknown)}"`,
    hint: `its stacks: ${STACKS.join(', ')}`,
    exitCode: EXIT.usage,
  });
}

function nodeOf(state: LabState, name: string): LabNode {
  const node = state.nodes.find((one) => one.name === name);
  if (node !== undefined) return node;
  throw new GamedayError({
    code: 'unknown-node',
    message: `the lab has no node "${name}"`,
    hint: `its nodes: ${state.nodes.map((one) => one.name).join(', ')}`,
    exitCode: EXIT.usage,
  });
}

function refOf(node: LabNode): NodeRef {
  return { name: node.name, platform: 'lab', labels: { node: node.name } };
}

function stepPrinter(world: World): (step: Step) => void {
  return ({ name, ms, detail }) =>
    sayLines(world.tty.err, [`${name}: ${formatDuration(ms)}${detail === '' ? '' : ` (${detail})`}`]);
}
