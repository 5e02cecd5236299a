import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStack } from '../../src/cli/stack.ts';
import type { Drill } from '../../src/core/scenario.ts';
import { runSession } from '../../src/engine/index.ts';
import { nodeNamed } from '../../src/lab/lab.ts';
import type { SessionJudgement } from '../../src/verdict/judge.ts';
import { command, labFolder, labState, newFolder, world } from './lab-drills.ts';
import { SimGuardLink } from './sim-guard-link.ts';
import { simStarted } from './sim-session.ts';

/** Starts a node of the lab again after a while, as a supervisor would. */
export async function startAgain(node: string, afterMs: number): Promise<void> {
  await world.clock.sleep(afterMs);
  const { code, stderr } = await command('lab', 'start', node, '--lab-dir', labFolder);
  if (code !== 0) throw new Error(stderr);
}

/**
 * C twice on the lab, in this process. The nodes that were struck first come back without what was written meanwhile and
 * before, and nobody looks: health, drives and writes say that all is well. What the heal API or a read would have mended
 * until then is taken away right before the second strike.
 */
export async function strikeUnhealedTwice(): Promise<SessionJudgement> {
  const sessions = await newFolder('sessions');
  const stack = await openStack(world, {
    labDir: labFolder,
    only: 'C',
    profile: 'smoke',
    secondStrike: true,
    sessions,
  });
  const [first, second] = stack.drills;
  if (first === undefined || second === undefined) throw new Error('C is not there twice');
  const never = new AbortController().signal;
  const returned = (await first.strike(never)).map(({ node }) => node.name);
  const healed: Drill['healed'] = async () => ({ ok: true, detail: 'every drive is online, so all is well' });
  const strike: Drill['strike'] = async (signal) => {
    const victims = await second.strike(signal);
    await Promise.all(returned.map((name) => forget(name, bucketOf(first))));
    return victims;
  };
  const drills = [
    { ...first, healed },
    { ...second, healed, strike },
  ];
  const { judgement } = await runSession({
    world,
    sessionId: 'unhealed',
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
    onClosed: async () => undefined,
    onRecord: () => undefined,
    onLeftDown: () => undefined,
    onJournalLost: () => undefined,
  });
  return judgement;
}

/** The drive of a node no longer has what the drill's ledger wrote. */
async function forget(node: string, bucket: string): Promise<void> {
  await rm(join(nodeNamed({ state: labState }, node).folder, 'drive', bucket, 'w'), { recursive: true });
}

function bucketOf({ plan }: Drill): string {
  const [, bucket] = / into (\S+) through /.exec(plan.ledgers[0]?.target ?? '') ?? [];
  if (bucket === undefined) throw new Error('the plan does not tell the bucket');
  return bucket;
}
