import { isGuarded } from '../../config/protected.ts';
import { formatDuration } from '../../core/duration.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { UNDO_OF } from '../../core/node.ts';
import type { AlertExpectation, Check, ScenarioPlan } from '../../core/scenario.ts';
import { columns } from '../../report/columns.ts';
import type { World } from '../../world/world.ts';
import { unseenAlerts } from '../alert-servers.ts';
import { byHand, type Foreseen, foreseeAll } from '../foresee.ts';
import { findLeftoversNow, pastOf } from '../leftovers.ts';
import { say, sayJson } from '../say.ts';
import { openStack, type Stack, type StackOptions } from '../stack.ts';

const WIDTH = 100;

/**
 * Shows what `run` would do, command by command. Looks at the live stack for the victims and breaks nothing. 3: a node that
 * an earlier session broke is not restored, so `run` would be refused.
 */
export async function plan(world: World, options: StackOptions & { readonly json?: boolean }): Promise<ExitCode> {
  const stack = await openStack(world, options);
  const [foreseen, leftovers] = await Promise.all([foreseeAll(world, stack), findLeftoversNow(world, pastOf(stack))]);
  const left = leftovers.filter((check) => check.status === 'blocked');
  const { out } = world.tty;
  if (options.json === true) sayJson(out, document(stack, foreseen, left));
  else say(out, text(stack, foreseen, left));
  return left.length === 0 ? EXIT.pass : EXIT.inconclusive;
}

function document(stack: Stack, foreseen: readonly Foreseen[], left: readonly Check[]) {
  return {
    version: 1,
    environment: stack.loaded.config.environment,
    guarded: isGuarded(stack.loaded.config),
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
    warnings: warnings(stack).map(({ detail, hint }) => ({ detail, hint })),
    refused: left.map(({ detail, hint }) => ({ detail, hint })),
  };
}

function text(stack: Stack, foreseen: readonly Foreseen[], left: readonly Check[]): string {
  const { environment } = stack.loaded.config;
  const guarded = isGuarded(stack.loaded.config)
    ? ` \`gameday run\` asks for its name, or needs --confirm ${environment.name}.`
    : '';
  const head = `Plan for ${environment.name} (${environment.kind}), from ${stack.loaded.source}, profile ${stack.profile.name}. Nothing is broken by this command.${guarded}`;
  const skipped = stack.notDrilled.map(({ id, title, reason }) => `${id} ${title}: not drilled, ${reason}`);
  const refused = left.flatMap(({ detail, hint }) => [`REFUSED as it is now: ${detail}`, `  ${hint}`]);
  const warned = warnings(stack).map(({ detail, hint }) => `WARNING: ${detail}: ${hint}`);
  const drills = foreseen.map((one) => drillText(stack, one));
  const blocks = [head, ...drills, skipped.join('\n'), warned.join('\n'), refused.join('\n')];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** What the configuration itself leaves unseen; what the stack does is for `doctor` to look at. */
function warnings(stack: Stack): readonly Check[] {
  const unseen = unseenAlerts(stack.loaded.config);
  return unseen === undefined ? [] : [unseen];
}

function drillText(stack: Stack, { plan: one, victims, problem }: Foreseen): string {
  const ms = formatDuration;
  const rows: [string, string][] = [
    ['promise', one.purpose],
    [
      'nodes',
      `${one.nodes.map((node) => node.name).join(', ')}; at most ${one.maxDown} of ${one.nodes.length} down at once`,
    ],
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
    ...(problem === undefined ? [] : either(stack, one, 'undo')),
    ...healing(stack, one),
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

/** Some victims show only while the drill's own clients are at work: then each node that it can be stands here. */
function candidates(stack: Stack, one: ScenarioPlan, problem: string): readonly [string, string][] {
  return [
    ['victim', `one of these, seen right before the fault; not yet now: ${problem}`],
    ...either(stack, one, 'fault'),
  ];
}

/** The command for each node that it can be, a row each. */
function either(stack: Stack, one: ScenarioPlan, step: 'fault' | 'undo'): readonly [string, string][] {
  const action = step === 'fault' ? one.action : UNDO_OF[one.action];
  return one.nodes.map((node, index): [string, string] => [
    index === 0 ? step : '',
    `${index === 0 ? 'either ' : 'or     '}${byHand(stack, action, { node })}`,
  ]);
}

/** How a scenario's data becomes whole again, where it says so: nobody need have asked for it. */
function healing(stack: Stack, one: ScenarioPlan): readonly [string, string][] {
  const settings: unknown = stack.loaded.config.scenarios[one.secondOf ?? one.id];
  if (!isJsonObject(settings) || !isJsonObject(settings.healing)) return [];
  const { wait, mode } = settings.healing;
  if (mode === 'self')
    return [
      [
        'healing',
        `by itself within ${formatDuration(one.healDeadlineMs)}; nobody asks for a heal (healing.mode: self)`,
      ],
    ];
  const waitMs = typeof wait === 'number' ? wait : stack.profile.healingWaitMs;
  return [['healing', `by itself within ${formatDuration(waitMs)}; then a heal is asked for (healing: wait, mode)`]];
}

function alertText({ name, labels, of }: AlertExpectation): string {
  const shown = Object.entries(labels ?? {}).map(([key, value]) => `${key}="${value}"`);
  return `${name}${shown.length === 0 ? '' : `{${shown.join(', ')}}`}${of === 'first' ? '' : ` (${of} fault)`}`;
}
