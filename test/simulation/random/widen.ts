import type { EventType } from '../../../src/journal/events.ts';
import { Dice } from './dice.ts';
import { KINDS, type Provocation } from './kinds.ts';
import type { Blow, Role, SessionPlan, Trigger } from './plan.ts';

const WIDENED_PERCENT = 30;
/** A stream of its own: what else is drawn for a seed stays as it is. */
const OTHER_STREAM = 0x2c1b3c6d;
const ALL = Object.keys(KINDS) as EventType[];

/**
 * In some sessions one process is hit right at an event of a kind that is drawn from all kinds alike, and what leads to
 * such an event is done to the session. By chance alone the seldom ones are hardly ever hit.
 */
export function widen(plan: SessionPlan): SessionPlan {
  const dice = new Dice(plan.seed ^ OTHER_STREAM);
  if (plan.stops.length + plan.starts.length + plan.blows.length === 0 || !dice.percent(WIDENED_PERCENT)) return plan;
  const type = dice.pick(ALL);
  const { by, provokedBy } = KINDS[type];
  const role = dice.pick(by);
  const how = by.length > 1 && role === 'tool' ? undefined : provokedBy && dice.pick(provokedBy);
  const provoked = how === undefined ? plan : provoke(plan, how, role, dice);
  return { ...provoked, blows: [...provoked.blows, hit(dice, type, role)] };
}

function hit(dice: Dice, what: EventType, role: Role): Blow {
  const where = dice.pick(['before', 'torn', 'after'] as const);
  const op = where === 'torn' || dice.percent(70) ? 'append' : 'sync';
  const trigger: Trigger = { role, op, what, where, nth: dice.percent(80) ? 1 : 2, delayMs: 0 };
  if (where === 'torn' || dice.percent(80)) return { trigger, what: 'kill', who: ['self'] };
  return { trigger, what: 'power', unsynced: dice.pick(['dropped', 'torn']), offMs: 1_000 };
}

function provoke(plan: SessionPlan, how: Provocation, role: Role, dice: Dice): SessionPlan {
  const after = (what: EventType, mostMs: number): Trigger => ({
    role: 'tool',
    op: 'append',
    what,
    where: 'after',
    nth: 1,
    delayMs: dice.between(1, mostMs),
  });
  const proven = after('fault.proven', 400);
  const withBlow = (blow: Blow): SessionPlan => ({ ...plan, blows: [...plan.blows, blow] });
  switch (how) {
    case 'metrics':
      return { ...plan, alerts: true, metrics: true };
    case 'log-ends':
      return { ...plan, logEnds: true };
    case 'alerts-lost': {
      const lost = { trigger: proven, what: 'alerts-lost', ms: dice.pick([2_000, 15_000]) } as const;
      return { ...withBlow(lost), alerts: true, stopAlert: dice.percent(50) };
    }
    case 'alarm':
      return { ...withBlow({ trigger: proven, what: 'alarm', ms: 5_000 }), alerts: true, stopAlert: true };
    case 'inbox-note':
      return withBlow({ trigger: proven, what: 'inbox', message: 'note' });
    case 'inbox-gap':
      return withBlow({ trigger: proven, what: 'inbox', message: 'gap' });
    case 'inbox-abort':
      return withBlow({ trigger: proven, what: 'inbox', message: 'abort' });
    case 'sigint':
      return withBlow({ trigger: proven, what: 'signal', signal: 'SIGINT', again: dice.percent(30) });
    case 'standstill':
      return withBlow({ trigger: proven, what: 'stop', who: 'tool', ms: dice.pick([2_500, 7_000]) });
    case 'guard-dies':
      return withBlow({ trigger: after('phase.started', 2_000), what: 'kill', who: ['guard'] });
    case 'tool-dies':
      return withBlow({
        trigger: after(dice.pick(['undo.armed', 'fault.proven']), 1_000),
        what: 'kill',
        who: role === 'recover' ? ['tool', 'guard'] : ['tool'],
      });
    case 'other-starts': {
      const [drill] = plan.drills;
      return withBlow({ trigger: proven, what: 'other-starts', node: drill?.victims[0] ?? 'n1' });
    }
  }
}
