import { expect } from 'vitest';
import { sameClaims } from '../../src/cli/claims.ts';
import type { Platform } from '../../src/core/platform.ts';
import { type LedgersOf, type NotRestored, type Recovered, recoverSession } from '../../src/engine/index.ts';
import type { JournalRecord } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { type JournalContent, readJournal } from '../../src/journal/reader.ts';
import type { JournalView } from '../../src/journal/view.ts';
import { judgeSession, type SessionJudgement } from '../../src/verdict/judge.ts';
import { SimCluster } from './sim-cluster.ts';
import { simDrill, simLedgers } from './sim-drill.ts';
import { SimPlatform } from './sim-platform.ts';
import { runSim } from './sim-session.ts';
import { SimWorld } from './sim-world.ts';

/** A session that came to its end, and its journal up to any line. */
export interface RecordedSession {
  readonly whole: Buffer;
  /** Where its lines end, in bytes. */
  readonly ends: readonly number[];
  /** The journal up to and with the first line of this type. */
  until(type: string): Buffer;
}

/** A session of two drills in which everything holds. */
export async function recordedSession(): Promise<RecordedSession> {
  const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster), simDrill(cluster, { id: 'B' })] });
  const whole = Buffer.from((await run.world.fs.readBytes(JOURNAL)) ?? []);
  const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1);
  const { records } = readJournal(whole);
  return { whole, ends, until: (type) => whole.subarray(0, ends[records.findIndex((one) => one.type === type)]) };
}

const FOLDER = '/srv/sessions/one';
export const JOURNAL = `${FOLDER}/journal.jsonl`;

export interface RecoverySetup {
  readonly world: SimWorld;
  readonly cluster: SimCluster;
  readonly platform: SimPlatform;
}

export interface SimRecovery extends RecoverySetup {
  readonly recovered: Recovered;
  /** Nodes that were given up on, as told at once. */
  readonly told: readonly NotRestored[];
  /** Events that were added. */
  readonly added: readonly JournalRecord[];
  readonly bytes: Uint8Array;
  readonly content: JournalContent;
  readonly view: JournalView;
  readonly judgement: SessionJudgement;
}

export interface SimRecoveryOptions {
  /** The journal as the dead tool left it. */
  readonly journal: Uint8Array;
  /** Nodes that are down at this moment. */
  readonly down: readonly string[];
  /** The machine was started anew since. */
  readonly otherBoot?: boolean;
  readonly arrange?: (setup: RecoverySetup) => void;
  /** Default: the session's own, whose removal works. */
  readonly ledgers?: LedgersOf;
  readonly platforms?: (platform: SimPlatform) => Promise<ReadonlyMap<string, Platform>>;
}

/** Another process finds a session's journal and a cluster, some time after the tool has died. */
export async function recoverSim(options: SimRecoveryOptions): Promise<SimRecovery> {
  const world = new SimWorld();
  const cluster = new SimCluster(world.clock, { nodes: ['n1', 'n2', 'n3'], alertAfterMs: 6_000 });
  const platform = new SimPlatform(cluster);
  const added: JournalRecord[] = [];
  const told: NotRestored[] = [];
  world.processes.alive = async () => false;
  if (options.otherBoot === true) world.env.bootId = '00000000-0000-4000-8000-000000000002';
  const recovered = await world.run(async () => {
    await world.fs.makeFolder(FOLDER, 0o700);
    await world.fs.write(JOURNAL, options.journal, 0o600);
    for (const name of options.down) cluster.stop(name);
    const last = readJournal(options.journal).records.at(-1)?.t ?? 0;
    if (options.otherBoot !== true) await world.clock.sleep(last - world.clock.now());
    options.arrange?.({ world, cluster, platform });
    return recoverSession({
      world,
      folder: FOLDER,
      origin: 'recover',
      reason: 'the tool died',
      platforms: async () =>
        options.platforms === undefined ? new Map([[platform.id, platform]]) : options.platforms(platform),
      ledgers: options.ledgers ?? ((started) => simLedgers(cluster, started)),
      redact: (text) => text,
      version: '0.0.0',
      onRecord: (record) => void added.push(record),
      onLeftDown: (left) => void told.push(left),
    });
  });
  world.fs.fault = () => undefined;
  world.fs.frozen = false;
  const bytes = (await world.fs.readBytes(JOURNAL)) ?? new Uint8Array();
  const content = readJournal(bytes);
  const view = foldJournal(content.records);
  return {
    world,
    cluster,
    platform,
    recovered,
    added,
    told,
    bytes,
    content,
    view,
    judgement: judgeSession(view, content.problems),
  };
}

/** The journal is whole but for the crash itself, closed, and claims nothing that does not follow from it. */
export function expectConsistent({ content }: SimRecovery): void {
  expect(content.problems.filter(({ kind }) => kind !== 'crash')).toEqual([]);
  expect(content.records.at(-1)?.type).toBe('session.sealed');
  expect(sameClaims(content, (seq) => seq + 1)).toEqual([]);
}
