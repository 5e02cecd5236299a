import type { Command } from '../../support/sim-commands.ts';
import type { Dice } from './dice.ts';

const FAULT_DEADLINE_MS = 10_000;
/** A late effect lands before the command's own deadline: for longer nobody answers. */
const LATEST_MS = FAULT_DEADLINE_MS - 500;

export function stopOf(dice: Dice): Command {
  const by = dice.weighted({ child: 50, own: 20, server: 30 });
  const script = dice.weighted({
    succeed: 30,
    slow: 10,
    fail: 8,
    hang: 8,
    'effect-but-fail': 10,
    'effect-but-hang': 12,
    'no-effect': 8,
    late: 14,
  });
  return commandOf(dice, script, by);
}

export function startOf(dice: Dice): Command {
  const script = dice.weighted({
    succeed: 35,
    slow: 10,
    fail: 15,
    hang: 8,
    'effect-but-fail': 12,
    'effect-but-hang': 5,
    'no-effect': 15,
  });
  return commandOf(dice, script, dice.weighted({ child: 50, own: 20, server: 30 }));
}

type Script = 'succeed' | 'slow' | 'fail' | 'hang' | 'effect-but-fail' | 'effect-but-hang' | 'no-effect' | 'late';

function commandOf(dice: Dice, script: Script, by: Command['by']): Command {
  const quick = dice.between(5, 60);
  switch (script) {
    case 'succeed':
      return { script, by, effectMs: quick, report: 'ok', reportMs: quick + 5 };
    case 'slow': {
      const ms = dice.between(500, 7_000);
      return { script, by, effectMs: ms, report: 'ok', reportMs: ms + 5 };
    }
    case 'fail':
      return { script, by, report: 'fail', reportMs: quick };
    case 'hang':
      return { script, by, report: 'hang', reportMs: 0 };
    case 'effect-but-fail':
      return { script, by, effectMs: quick, report: 'fail', reportMs: quick + 5 };
    case 'effect-but-hang':
      return { script, by, effectMs: quick, report: 'hang', reportMs: 0 };
    case 'no-effect':
      return { script, by, report: 'ok', reportMs: quick };
    case 'late':
      return {
        script,
        by: by === 'own' ? 'server' : by,
        effectMs: dice.between(1_000, LATEST_MS),
        report: dice.weighted({ ok: 20, fail: 40, hang: 40 }),
        reportMs: quick,
      };
  }
}

/** A stop that nobody can call back, and that takes its time. */
export function lateStop(dice: Dice): Command {
  const report = dice.weighted({ fail: 50, hang: 40, ok: 10 });
  return {
    script: 'late',
    by: 'server',
    effectMs: dice.between(3_000, LATEST_MS),
    report,
    reportMs: dice.between(5, 60),
  };
}
