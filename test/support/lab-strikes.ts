import { openStack } from '../../src/cli/stack.ts';
import { runSession } from '../../src/engine/index.ts';
import type { SessionJudgement } from '../../src/verdict/judge.ts';
import { command, labFolder, newFolder, world } from './lab-drills.ts';
import { SimGuardLink } from './sim-guard-link.ts';
import { simStarted } from './sim-session.ts';

/** Starts a node of the lab again after a while, as a supervisor would. */
export async function startAgain(node: string, afterMs: number): Promise<void> {
  await world.clock.sleep(afterMs);
  const { code, stderr } = await command('lab', 'start', node, '--lab-dir', labFolder);
  if (code !== 0) throw new Error(stderr);
}

/**
 * C twice on the lab, in this process, where the first strike takes the word of health, drives and writes for redundancy:
 * the dry run is not asked, so nothing is healed either.
 */
export async function withBlindHealing(): Promise<SessionJudgement> {
  const sessions = await newFolder('sessions');
  const options = { labDir: labFolder, only: 'C', profile: 'smoke', secondStrike: true, sessions };
  const stack = await openStack(world, options);
  const drills = stack.drills.map((drill) => ({
    ...drill,
    healed: async () => ({ ok: true, detail: 'every drive is online, so all is well' }),
  }));
  const result = await runSession({
    world,
    sessionId: 'blind',
    folder: sessions,
    started: { ...simStarted(drills, stack.lockPath), kind: 'lab' },
    drills,
    platforms: stack.platforms,
    alerts: stack.alerts,
    lockPath: stack.lockPath,
    redact: stack.redact,
    abort: { errorRunMs: 120_000 },
    version: '0.0.0',
    startGuard: async () => new SimGuardLink(),
    leftovers: async () => [],
    onRecord: () => undefined,
  });
  return result.judgement;
}
