import { foldJournal } from '../journal/fold.ts';
import { type JournalContent, readJournal } from '../journal/reader.ts';
import { judgeSession, type SessionJudgement } from '../verdict/judge.ts';
import { patiently } from '../world/await.ts';
import type { Clock, Files, World } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

/** What a journal is read with. */
export interface JournalDisk {
  readonly clock: Clock;
  readonly fs: Pick<Files, 'readBytes'>;
}

/** Judges what stands on disk, not what we remember, and journals the claims. Rejects when they cannot be written. */
export async function judgeJournal(
  world: Pick<World, 'fs' | 'clock'>,
  path: string,
  recorder: Recorder,
): Promise<SessionJudgement> {
  await recorder.sync();
  const content = await reread(world, path);
  const judgement = judgeSession(foldJournal(content.records), content.problems);
  for (const { plan, gates } of judgement.scenarios) {
    for (const { spec, result } of gates)
      await recorder.record({ type: 'gate.judged', scenario: plan.id, gate: spec.id, result });
  }
  for (const { spec, result } of judgement.session)
    await recorder.record({ type: 'gate.judged', scenario: null, gate: spec.id, result });
  await recorder.record({
    type: 'session.ended',
    verdict: judgement.verdict,
    exit: judgement.exit,
    detail: judgement.headline,
  });
  return judgement;
}

export async function reread(world: Pick<World, 'fs' | 'clock'>, path: string): Promise<JournalContent> {
  return readJournal((await readWhole(world, path)) ?? new Uint8Array());
}

/** A journal's bytes; undefined where there is none. Rejects where the disk does not answer: whoever holds the lock must not hang on it. */
export async function readWhole({ fs, clock }: JournalDisk, path: string): Promise<Uint8Array | undefined> {
  return patiently(clock, () => fs.readBytes(path)).catch((cause: unknown) => {
    throw new Error(`${path} could not be read`, { cause });
  });
}
