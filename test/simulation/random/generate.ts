import { Dice } from './dice.ts';
import { lateStop, startOf, stopOf } from './draw-commands.ts';
import { type Blow, CONTROL_EVENTS, type DrillPlan, type Role, type SessionPlan, type Trigger } from './plan.ts';
import { widen } from './widen.ts';

const CALM_PERCENT = 12;
/** Sessions whose first stop lands late, while somebody hurries: the most dangerous thing there is comes too seldom by chance. */
const LATE_PERCENT = 10;
/** Of the sessions whose first drill strikes two. */
const CROWD_PERCENT = 25;
const TWICE_PERCENT = 20;
const AGAIN_PERCENT = 10;
/** A stream of its own: what else is drawn for a seed stays as it is. */
const AGAIN_STREAM = 0x71f3a2b5;
const SPAN_MS = 25_000;

/** The plan of the session with this seed: the same on every machine. */
export function planOf(seed: number): SessionPlan {
  const again = new Dice(seed ^ AGAIN_STREAM).percent(AGAIN_PERCENT);
  return { ...widen(drawn(seed)), again };
}

function drawn(seed: number): SessionPlan {
  const dice = new Dice(seed);
  const nodes = Array.from({ length: dice.between(2, 4) }, (_, index) => `n${index + 1}`);
  const calm = dice.percent(CALM_PERCENT);
  const late = !calm && dice.percent(LATE_PERCENT);
  const drills = Array.from({ length: dice.percent(75) ? 1 : dice.between(2, 3) }, (_, index) =>
    drillOf(dice, nodes, 'ABC'[index] ?? 'A'),
  );
  const plan = {
    seed,
    nodes,
    drills,
    alerts: dice.percent(85),
    metrics: false,
    stopAlert: false,
    logEnds: false,
    failoverMs: dice.between(1_100, 3_500),
    loseAtFailover: dice.percent(4) ? 2 : 0,
    syncMs: dice.percent(20) ? dice.between(1, 150) : 0,
    stops: calm ? [] : [...(late ? [lateStop(dice)] : []), ...several(dice, 4, () => stopOf(dice))],
    starts: calm ? [] : several(dice, 4, () => startOf(dice)),
    guardRefusal: !calm && dice.percent(2) ? 'fork: EAGAIN' : undefined,
    blows: calm ? [] : [...(late ? lateBlows(dice) : []), ...crowdBlows(dice, nodes, drills), ...blowsOf(dice, nodes)],
  };
  return { ...plan, twice: dice.percent(TWICE_PERCENT), again: false };
}

/** The tool stands still between the request and its command, or not; then somebody ends it, or the drill. */
function lateBlows(dice: Dice): readonly Blow[] {
  const at = { role: 'tool', op: 'stop', nth: 1 } as const;
  const still: Blow = {
    trigger: { ...at, where: 'before', delayMs: 0 },
    what: 'stop',
    who: 'tool',
    ms: dice.pick([2_500, 7_000]),
  };
  const trigger = { role: 'tool', op: 'append', what: 'fault.command', where: 'after', nth: 1 } as const;
  const end: Blow = dice.percent(50)
    ? { trigger: { ...trigger, delayMs: dice.between(0, 4_000) }, what: 'kill', who: ['tool'] }
    : { trigger: { ...trigger, delayMs: dice.between(0, 4_000) }, what: 'signal', signal: 'SIGINT', again: false };
  return dice.percent(50) ? [still, end] : [end];
}

/** While the first of two victims lies and the second is about to be struck, a third node falls by itself. */
function crowdBlows(dice: Dice, nodes: readonly string[], drills: readonly DrillPlan[]): readonly Blow[] {
  const victims = drills[0]?.victims ?? [];
  const third = nodes.find((node) => node !== nodes[0] && !victims.includes(node));
  if (victims.length < 2 || third === undefined || !dice.percent(CROWD_PERCENT)) return [];
  const trigger = { role: 'tool', op: 'append', what: 'fault.proven', where: 'after', nth: 1 } as const;
  return [{ trigger: { ...trigger, delayMs: dice.between(0, 200) }, what: 'flap', node: third, ms: 10_000 }];
}

function several<T>(dice: Dice, most: number, draw: () => T): readonly T[] {
  return Array.from({ length: dice.between(0, most) }, draw);
}

function drillOf(dice: Dice, nodes: readonly string[], id: string): DrillPlan {
  const maxDown = dice.between(1, Math.max(1, nodes.length - 1));
  const two = maxDown > 1 ? dice.percent(60) : dice.percent(5);
  const first = dice.pick(nodes);
  const second = dice.pick(nodes.filter((node) => node !== first));
  return {
    id,
    victims: two ? [first, second] : [first],
    maxDown,
    staggerMs: dice.between(100, 2_000),
    recoversAfter: dice.percent(70) ? 'fault' : 'undo',
    steadyMs: dice.between(200, 1_000),
    outageMs: dice.between(300, 3_000),
    verifyMs: dice.between(200, 1_000),
    undoDeadlineMs: dice.between(20, 45) * 1_000,
  };
}

function blowsOf(dice: Dice, nodes: readonly string[]): readonly Blow[] {
  const count = dice.weighted({ '0': 10, '1': 40, '2': 30, '3': 15, '5': 5 });
  return Array.from({ length: Number(count) }, () => blowOf(dice, nodes));
}

function blowOf(dice: Dice, nodes: readonly string[]): Blow {
  const drawn = triggerOf(dice);
  const what = dice.weighted({
    kill: 46,
    power: 9,
    stop: 14,
    signal: 9,
    wall: 3,
    sleep: 3,
    disk: 6,
    platform: 5,
    flap: 4,
    'other-stops': 3,
    'other-starts': 4,
    byhand: 6,
    inbox: 5,
  });
  const byOthers = what === 'flap' || what === 'other-stops' || what === 'other-starts';
  const trigger = byOthers && dice.percent(50) ? whileStruck(dice) : drawn;
  // Torn is what only a death can leave behind.
  if ('where' in trigger && trigger.where === 'torn' && what !== 'power')
    return { trigger, what: 'kill', who: ['self'] };
  switch (what) {
    case 'kill':
      return {
        trigger,
        what,
        who: dice.pick([['self'], ['self'], ['tool'], ['guard'], ['tool', 'guard'], ['byhand', 'self']]),
      };
    case 'power':
      return { trigger, what, unsynced: dice.pick(['dropped', 'torn']), offMs: dice.pick([1_000, 15_000, 60_000]) };
    case 'stop':
      return {
        trigger,
        what,
        who: dice.pick(['tool', 'tool', 'guard', 'recover']),
        ms: dice.pick([300, 2_500, 7_000, 14_000, 40_000]),
      };
    case 'signal':
      return { trigger, what, signal: dice.pick(['SIGINT', 'SIGTERM', 'SIGHUP']), again: dice.percent(30) };
    case 'wall':
      return { trigger, what, ms: dice.pick([-86_400_000, -30_000, 30_000, 86_400_000]) };
    case 'sleep':
      return { trigger, what, ms: dice.pick([1_000, 20_000, 3_600_000]) };
    case 'disk':
      return { trigger, what, how: dice.pick(['ENOSPC', 'EIO', 'hang']), ms: dice.pick([100, 5_000, 60_000]) };
    case 'platform':
      return { trigger, what, how: dice.pick(['fail', 'hang']), ms: dice.pick([1_000, 8_000, 60_000]) };
    case 'flap':
      return { trigger, what, node: dice.pick(nodes), ms: dice.pick([100, 1_500, 10_000]) };
    case 'other-stops':
    case 'other-starts':
      return { trigger, what, node: dice.pick(nodes) };
    case 'byhand':
      return { trigger, what };
    case 'inbox':
      return { trigger, what, message: dice.pick(['note', 'gap', 'abort', 'abort', 'garbage']) };
  }
}

/** Others are most dangerous around a fault: one node lies, and the next is about to be struck. */
function whileStruck(dice: Dice): Trigger {
  const what = dice.pick(['phase.started', 'undo.armed', 'fault.proven', 'fault.proven', 'undo.requested'] as const);
  return { role: 'tool', op: 'append', what, where: 'after', nth: 1, delayMs: dice.between(0, 800) };
}

function triggerOf(dice: Dice): Trigger {
  if (dice.percent(15)) return { atMs: dice.between(0, SPAN_MS) };
  const role: Role = dice.weighted({ tool: 60, guard: 22, recover: 15, byhand: 3 });
  const nth = dice.percent(75) ? 1 : dice.between(2, 4);
  const delayMs = dice.percent(70) ? 0 : dice.between(1, 6_000);
  switch (dice.weighted({ append: 40, sync: 20, command: 34, lock: 4, guard: 2 })) {
    case 'append':
      return {
        role,
        op: 'append',
        what: dice.pick(CONTROL_EVENTS),
        where: dice.pick(['before', 'torn', 'after']),
        nth,
        delayMs,
      };
    case 'sync':
      return { role, op: 'sync', what: dice.pick(CONTROL_EVENTS), where: dice.pick(['before', 'after']), nth, delayMs };
    case 'command': {
      const op = dice.pick(['stop', 'stop', 'start', 'inspect'] as const);
      return {
        role,
        op,
        where: dice.pick(op === 'inspect' ? ['before', 'after'] : ['before', 'effect', 'after']),
        nth,
        delayMs,
      };
    }
    case 'lock':
      return { role, op: 'lock', where: dice.pick(['before', 'after']), nth, delayMs };
    case 'guard':
      return { role, op: 'guard', where: dice.pick(['before', 'after']), nth, delayMs };
  }
}
