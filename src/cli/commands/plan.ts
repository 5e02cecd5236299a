import { formatDuration } from '../../core/duration.ts';
import { EXIT, type ExitCode, messageOf } from '../../core/errors.ts';
import { UNDO_OF, type Victim } from '../../core/node.ts';
import type { AlertExpectation, Drill, ScenarioPlan } from '../../core/scenario.ts';
import { columns } from '../../report/columns.ts';
import { withDeadline } from '../../world/await.ts';
import type { World } from '../../world/world.ts';
import { openStack, type Stack, type StackOptions } from '../stack.ts';

const LOOK_UP_MS = 5_000;
const WIDTH = 100;

/** One drill as it would go at this moment. `problem`: why the victims could not be looked up. */
interface Foreseen {
  readonly plan: ScenarioPlan;
  readonly victims: readonly Victim[];
  readonly problem: string | undefined;
}

/** Shows what `run` would do, command by command. Looks at the live stack for the victims and breaks nothing. */
export async function plan(world: World, options: StackOptions & { readonly json?: boolean }): Promise<ExitCode> {
  const stack = await openStack(world, options);
  const foreseen = await Promise.all(stack.drills.map((drill) => foresee(world, drill)));
  const { out } = world.tty;
  if (options.json === true) out.write(`${JSON.stringify(document(stack, foreseen), null, 2)}\n`);
  else out.write(text(stack, foreseen));
  return EXIT.pass;
}

async function foresee(world: World, drill: Drill): Promise<Foreseen> {
  try {
    const victims = await withDeadline(world.clock, LOOK_UP_MS, undefined, (signal) => drill.strike(signal));
    return { plan: drill.plan, victims, problem: undefined };
  } catch (error) {
    return { plan: drill.plan, victims: [], problem: messageOf(error) };
  }
}

function byHand(
  stack: Stack,
  action: Parameters<NonNullable<ReturnType<Stack['platforms']['get']>>['byHand']>[0],
  { node }: Victim,
): string {
  return (
    stack.platforms.get(node.platform)?.byHand(action, node) ??
    `${action} ${node.name} (platform ${node.platform} is not known here)`
  );
}

function document(stack: Stack, foreseen: readonly Foreseen[]) {
  return {
    version: 1,
    environment: stack.loaded.config.environment,
    source: stack.loaded.source,
    profile: stack.profile.name,
    scenarios: foreseen.map(({ plan: one, victims, problem }) => ({
      ...one,
      problem: problem ?? null,
      steps: victims.map((victim) => ({
        node: victim.node.name,
        afterMs: victim.afterMs,
        fault: byHand(stack, one.action, victim),
        undo: byHand(stack, UNDO_OF[one.action], victim),
      })),
    })),
    notDrilled: stack.notDrilled,
  };
}

function text(stack: Stack, foreseen: readonly Foreseen[]): string {
  const { environment } = stack.loaded.config;
  const head = `Plan for ${environment.name} (${environment.kind}), from ${stack.loaded.source}, profile ${stack.profile.name}. Nothing is broken by this command.`;
  const skipped = stack.notDrilled.map(({ id, title, reason }) => `${id} ${title}: not drilled, ${reason}`);
  const blocks = [head, ...foreseen.map((one) => drillText(stack, one)), skipped.join('\n')];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function drillText(stack: Stack, { plan: one, victims, problem }: Foreseen): string {
  const ms = formatDuration;
  const rows: [string, string][] = [
    ['promise', one.purpose],
    ['nodes', `${one.nodes.map((node) => node.name).join(', ')}; at most ${one.maxDown} down at once`],
    ['steady', `everything holds for ${ms(one.steadyMs)} before anything is broken`],
    ...(problem === undefined ? [] : candidates(stack, one, problem)),
    ...victims.map((victim): [string, string] => [
      `fault +${ms(victim.afterMs)}`,
      `${byHand(stack, one.action, victim)}   (looked up again before the fault)`,
    ]),
    [
      'observe',
      `${ms(one.outageMs)} at least, ${ms(one.observeDeadlineMs)} at most; good service is expected after the ${one.recoversAfter === 'fault' ? 'fault' : 'undo'}`,
    ],
    ...[...victims]
      .reverse()
      .map((victim): [string, string] => [
        'undo',
        `${byHand(stack, UNDO_OF[one.action], victim)}   (within ${ms(one.undoDeadlineMs)})`,
      ]),
    ['verify', `steady again for ${ms(one.verifyMs)}, healed within ${ms(one.healDeadlineMs)}`],
    ...one.gates.map((gate): [string, string] => [`gate ${gate.id}`, gate.title]),
    ...one.alerts.map((alert): [string, string] => ['alert', `${alertText(alert)} within ${ms(alert.withinMs)}`]),
    ...one.logs.map((log): [string, string] => [
      'log',
      `${log.nodes.join(', ')}: /${log.pattern}/ within ${ms(log.withinMs)}`,
    ]),
  ];
  return `${one.id} ${one.title}\n${columns([['step', 'what'], ...rows], WIDTH)}`;
}

/** Some victims show only while the drill's own clients are at work. */
function candidates(stack: Stack, one: ScenarioPlan, problem: string): readonly [string, string][] {
  const commands = one.nodes.map((node) => byHand(stack, one.action, { node, afterMs: 0 }));
  return [
    ['victim', `cannot be said now: ${problem}`],
    ['fault', `of these, as is seen then: ${commands.join(' | ')}`],
  ];
}

function alertText({ name, labels, of }: AlertExpectation): string {
  const shown = Object.entries(labels ?? {}).map(([key, value]) => `${key}="${value}"`);
  return `${name}${shown.length === 0 ? '' : `{${shown.join(', ')}}`}${of === 'first' ? '' : ` (${of} fault)`}`;
}
