import type { Check, Drill } from '../../src/core/scenario.ts';
import type { AbortLimits } from '../../src/engine/abort-limits.ts';
import { type NotRestored, runSession, type SessionResult } from '../../src/engine/index.ts';
import type { JournalRecord, RecordOf, SessionStarted } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import type { JournalView } from '../../src/journal/view.ts';
import { alerts } from '../../src/verdict/gates/alerts.ts';
import { badRun } from '../../src/verdict/gates/bad-run.ts';
import { silent } from '../../src/verdict/gates/silent.ts';
import type { GuardLink } from '../../src/world/world.ts';
import { SimCluster } from './sim-cluster.ts';
import { simDrill } from './sim-drill.ts';
import { SimGuardLink } from './sim-guard-link.ts';
import { SimPlatform } from './sim-platform.ts';
import { SimWorld } from './sim-world.ts';

const FOLDER = '/srv/sessions/one';

export interface SimSetup {
  readonly world: SimWorld;
  readonly cluster: SimCluster;
  readonly platform: SimPlatform;
}

export interface SimRun extends SimSetup {
  /** Undefined when the session was refused or lost its journal; then `error` says why. */
  readonly result: SessionResult | undefined;
  readonly error: unknown;
  /** What was told at once: nodes that were given up on, and the loss of the journal. */
  readonly told: readonly (NotRestored | Error)[];
  readonly view: JournalView;
  readonly records: readonly JournalRecord[];
}

export interface SimOptions {
  /** May break things beforehand or set timers. */
  readonly arrange?: (setup: SimSetup) => void;
  /** The drills to run instead of one that holds; may arrange things too. */
  readonly drills?: (setup: SimSetup) => readonly Drill[];
  /** What earlier sessions left broken. */
  readonly leftovers?: readonly Check[];
  /** What ends a drill at once, besides a run of errors of 45 s. */
  readonly abort?: Partial<AbortLimits>;
  /** `--force`. */
  readonly force?: boolean;
  /** Default: a guard that never has to do anything. */
  readonly startGuard?: () => Promise<GuardLink>;
  readonly onRecord?: (record: JournalRecord) => void;
  /** The journal is sealed and no node is left broken. */
  readonly onClosed?: (setup: SimSetup) => void;
  readonly lockPath?: string;
  /** Default: none is seen. */
  readonly runbooks?: SessionStarted['runbooks'];
  /** What the session says of itself besides. */
  readonly started?: Partial<SessionStarted>;
  readonly seed?: number;
}

/** One whole session over a simulated cluster of three nodes. */
export async function runSim({
  arrange,
  drills: choose,
  leftovers = [],
  abort,
  force = false,
  startGuard = async () => new SimGuardLink(),
  onRecord = () => undefined,
  onClosed = () => undefined,
  lockPath = '/srv/lock',
  runbooks = [],
  started = {},
  seed,
}: SimOptions = {}): Promise<SimRun> {
  const world = new SimWorld({ seed });
  const cluster = new SimCluster(world.clock, { nodes: ['n1', 'n2', 'n3'], alertAfterMs: 6_000 });
  const platform = new SimPlatform(cluster);
  const setup = { world, cluster, platform };
  let result: SessionResult | undefined;
  let error: unknown;
  const told: (NotRestored | Error)[] = [];
  world.processes.alive = async () => false;
  await world.run(async () => {
    arrange?.(setup);
    const drills = choose?.(setup) ?? [simDrill(cluster)];
    await world.fs.makeFolder(FOLDER, 0o700);
    try {
      result = await runSession({
        world,
        sessionId: 'one',
        folder: FOLDER,
        started: { ...simStarted(drills, lockPath), runbooks, ...started },
        drills,
        platforms: new Map([[platform.id, platform]]),
        alerts: cluster.alertSource(),
        lockPath,
        redact: (text) => text,
        abort: { errorRunMs: 45_000, ...abort },
        force,
        version: '0.0.0',
        startGuard,
        leftovers: async () => leftovers,
        onClosed: async () => onClosed(setup),
        onRecord,
        onLeftDown: (left) => void told.push(left),
        onJournalLost: (cause) => void told.push(cause),
      });
    } catch (caught) {
      error = caught;
    }
  });
  world.fs.frozen = false;
  const { records } = readJournal((await world.fs.readBytes(`${FOLDER}/journal.jsonl`)) ?? new Uint8Array());
  return { ...setup, result, error, told, records, view: foldJournal(records) };
}

/** What a session over simulated nodes says of itself at its start. */
export function simStarted(drills: readonly Drill[], lockPath: string): Omit<SessionStarted, 'type'> {
  return {
    session: 'one',
    environment: 'sim',
    kind: 'lab',
    profile: 'smoke',
    config: {},
    template: { source: 'built in', sha256: '', text: '' },
    runbooks: [],
    versions: { gameday: '0.0.0' },
    scenarios: drills.map((drill) => drill.plan),
    notDrilled: [],
    sessionGates: [
      silent.spec('silent', 'no silent failure', {}),
      badRun.spec('bad-run', 'no bad run over 30s', { limitMs: 30_000 }),
      alerts.spec('alerts', 'every expected alert fires within 60s and resolves', {}),
    ],
    reach: { lockPath, platforms: { sim: {} } },
    alertSource: 'simulated alerts',
  };
}

export function ofType<T extends JournalRecord['type']>(
  records: readonly JournalRecord[],
  type: T,
): readonly RecordOf<T>[] {
  return records.filter((record): record is RecordOf<T> => record.type === type);
}

/** What the judge said and why, for the message of a test that expected something else. */
export function why(run: SimRun): string {
  return JSON.stringify(
    run.result?.judgement.scenarios.map(({ why: reason, gates }) => ({
      reason,
      gates: gates.map(({ spec, result }) => `${spec.id} ${result.status} ${result.reason}`),
    })),
  );
}
