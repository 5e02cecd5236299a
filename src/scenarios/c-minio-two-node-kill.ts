import { messageOf } from '../core/errors.ts';
import type { Condition, Drill, DrillContext } from '../core/scenario.ts';
import { type KnownObject, s3Ledger } from '../ledgers/s3.ts';
import { SEED_SIZES } from '../ledgers/s3-objects.ts';
import { drivesOnline, minioInfo } from '../probes/minio-admin.ts';
import { minioHealthProbe, minioIsLive } from '../probes/minio-health.ts';
import { minioDrivesProbe, s3ReadProbe, s3WriteProbe } from '../probes/s3.ts';
import { s3Client } from '../probes/s3-client.ts';
import { minioGates } from './c-minio-gates.ts';
import { redundancy } from './c-minio-healing.ts';
import { minioPreflight } from './c-minio-preflight.ts';
import { type MinioSettings, minioRedundancy, minioSettings } from './c-minio-settings.ts';
import { VICTIMS, victimsOf } from './c-minio-victims.ts';
import { apiProbe, buildPlan, LOG_WITHIN_MS, nodeRef, planTimes } from './common.ts';
import { closedPort, watchFacts } from './evidence.ts';
import { newNamespace, type ScenarioDeps, type ScenarioFactory } from './scenario.ts';
import { timesOf } from './settings.ts';

const LOOK_TIMEOUT_MS = 3_000;
/** Keys of the write probes: one object a node, overwritten at each look. */
const WRITE_PROBES = 'probe/';

const about = {
  id: 'C',
  slug: 'minio-two-node-kill',
  stack: 'minio',
  stops: VICTIMS,
  title: 'MinIO two-node kill',
  purpose:
    'Two of four nodes die one after the other. Every object stays readable with the right checksum, no write is acknowledged that is not there later, and after the restart writes, drives and redundancy are really back.',
} as const;

/** With what a second strike needs to know. */
interface MinioDrill extends Drill {
  readonly victims: readonly string[];
  /** Where its objects are: those from before, and those that were written while a node was down. These lack a shard until they are healed. */
  readonly bucket: string;
  seeds(): readonly KnownObject[];
  atRisk(): readonly KnownObject[];
}

export const minioTwoNodeKill: ScenarioFactory<typeof minioSettings, MinioDrill> = {
  ...about,
  schema: minioSettings,
  bind,
};

async function bind(settings: MinioSettings, deps: ScenarioDeps<MinioDrill>): Promise<MinioDrill> {
  const { world, profile, first } = deps;
  const client = s3Client(world, {
    accessKey: await deps.secret(settings.accessKey),
    secretKey: await deps.secret(settings.secretKey),
  });
  const nodes = settings.nodes.map((node) => ({ ...node, url: node.url.replace(/\/+$/, '') }));
  const victims = victimsOf(nodes, world.clock, first?.victims);
  const survivors = nodes.filter((node) => !victims.includes(node));
  const staggerMs = settings.stagger ?? profile.staggerMs;
  const { healDeadlineMs } = planTimes(settings, deps, { limitsMs: [] });

  const ledger = s3Ledger(world, {
    name: 'objects',
    namespace: deps.namespace ?? newNamespace(world),
    store: client,
    nodes,
    bucketPrefix: settings.bucketPrefix,
    intervalMs: settings.ledger.interval,
    timeoutMs: settings.ledger.timeout,
  });
  let allGone = false;
  const readers = (kind: string, bucket: string, objects: () => readonly KnownObject[]) =>
    survivors.map(({ name, url }) =>
      s3ReadProbe(world, {
        name: `${kind}:${name}`,
        node: url,
        client,
        bucket,
        objects,
        counts: () => allGone,
        intervalMs: settings.reads.interval,
        timeoutMs: settings.reads.timeout,
      }),
    );
  const sized = readers('read', ledger.bucket, ledger.readable);
  const reads = [
    ...sized,
    // To be read may heal an object: those at risk are left alone until they are needed.
    ...(first === undefined
      ? []
      : readers('read-first', first.bucket, () => (allGone ? first.atRisk() : first.seeds()))),
  ];
  const writes = nodes.map(({ name, url }) =>
    watchFacts(
      s3WriteProbe({
        name: `write:${name}`,
        node: url,
        client,
        bucket: ledger.bucket,
        key: `${WRITE_PROBES}${name}`,
        ...timesOf(settings.probes.write),
      }),
    ),
  );
  const probes = [
    apiProbe(world, settings.api),
    ...reads,
    ...nodes.flatMap(({ name, url }) => [
      minioHealthProbe(world, {
        name: `health:${name}`,
        node: url,
        paths: settings.health,
        ...timesOf(settings.probes.health),
      }),
      minioDrivesProbe({ name: `drives:${name}`, node: url, client, ...timesOf(settings.probes.drives) }),
    ]),
    ...writes.map(({ probe }) => probe),
  ];
  const plan = buildPlan(about, settings, deps, {
    component: settings.api.component ?? 'objects',
    needs: [],
    nodes: nodes.map(nodeRef),
    maxDown: minioRedundancy(settings).most,
    recoversAfter: 'undo',
    probes,
    ledgers: [ledger],
    alerts: [
      { name: 'MinioNodeDown', of: 'first' },
      { name: 'MinioNodeDown', of: 'second' },
    ],
    // The API's component is degraded only once the write quorum is gone, which is after the second node.
    logs: [
      {
        name: 'the API misses its object store',
        nodes: ['api-1', 'api-2'],
        pattern: 'objects \\(minio\\) (degraded|unavailable)',
        withinMs: staggerMs + LOG_WITHIN_MS,
      },
    ],
    gates: minioGates({
      nodes,
      survivors,
      reads: reads.map(({ name }) => name),
      sized: { reads: sized.map(({ name }) => name), bytes: SEED_SIZES },
      healDeadlineMs,
      writesBackWithinMs: settings.writesBackWithin,
      writeEachWithinMs: settings.writeEachWithin,
    }),
    limitsMs: [],
    notProven: [
      'a node that freezes instead of dying (reads and writes then hang for as long as it lasts)',
      'the loss of a drive or of its data',
      'whether an object that is overwritten is read in an older version: the drill’s own objects are written once',
      'redundancy of buckets other than the drill’s own: objects that others wrote meanwhile lack a shard too until they are healed',
    ],
  });
  const whole = redundancy({
    clock: world.clock,
    client,
    // The first victim is started last and so finds every other node up: it reaches all drives at once.
    nodes: [...victims, ...survivors].map(({ url }) => url),
    bucket: ledger.bucket,
    expected: ledger.acknowledged,
    ignore: (key) => key.startsWith(WRITE_PROBES),
    waitMs: settings.healing.wait ?? profile.healingWaitMs,
    mode: settings.healing.mode,
    deadlineMs: healDeadlineMs,
  });

  let hangingBefore = 0;
  let struckAt = 0;
  let recoveredAt: number | undefined;
  const isLive = (url: string, signal: AbortSignal) =>
    minioIsLive(world, url + settings.health.live, LOOK_TIMEOUT_MS, signal);
  const wellAt = async ({ name, url }: (typeof nodes)[number], signal: AbortSignal): Promise<string | undefined> => {
    if (!(await isLive(url, signal))) return `${name} does not serve`;
    const limits = { timeoutMs: LOOK_TIMEOUT_MS, signal };
    const { status } = await world.http.request({ url: url + settings.health.cluster, ...limits });
    if (status !== 200) return `${name} says ${status} for the cluster`;
    const { online, total } = drivesOnline(await minioInfo(client, url, limits));
    return online === total ? undefined : `${name} sees ${online} of ${total} drives online`;
  };
  const allWell = async (signal: AbortSignal): Promise<Condition> => {
    const troubles = await Promise.all(
      nodes.map((node) => wellAt(node, signal).catch((error: unknown) => `${node.name}: ${messageOf(error)}`)),
    );
    const said = troubles.filter((trouble) => trouble !== undefined);
    return said.length === 0
      ? { ok: true, detail: `${nodes.length} nodes serve, all drives online` }
      : { ok: false, detail: said.join('; ') };
  };
  let failedChecks = 0;
  const writable = async (signal: AbortSignal): Promise<Condition> => {
    const limits = { timeoutMs: LOOK_TIMEOUT_MS, signal };
    const body = Buffer.alloc(1_024, 'gameday');
    const troubles = await Promise.all(
      nodes.map(async ({ name, url }) => {
        // A write that was left hanging keeps its key locked: the next look must not wait behind it.
        const key = `check/${name}/${failedChecks}`;
        try {
          await client.put(url, ledger.bucket, key, body, limits);
          return body.equals(await client.get(url, ledger.bucket, key, limits))
            ? undefined
            : `${name} gave back something else`;
        } catch (error) {
          failedChecks += 1;
          return `${name}: ${messageOf(error)}`;
        }
      }),
    );
    const said = troubles.filter((trouble) => trouble !== undefined);
    return said.length === 0
      ? { ok: true, detail: 'one write through each node is acknowledged' }
      : { ok: false, detail: said.join('; ') };
  };
  /** One write may be acknowledged between two that are refused: whoever looks all the time has to see it too. */
  const seenWriting = (): Condition => {
    const said = writes.flatMap(({ probe, latest }) => {
      const write = latest('write');
      return write === 'ok' ? [] : [`${probe.name}: ${write ?? 'not seen yet'}`];
    });
    return said.length === 0
      ? { ok: true, detail: 'a write through each node is acknowledged' }
      : { ok: false, detail: said.join('; ') };
  };

  return {
    plan,
    probes,
    ledgers: [ledger],
    preflight: (signal) => minioPreflight(world, client, { ...settings, maxDown: plan.maxDown }, signal),
    steady: ({ signal }) => allWell(signal),
    victims: victims.map(({ name }) => name),
    bucket: ledger.bucket,
    seeds: ledger.seeds,
    atRisk() {
      const during = ledger.written().slice(struckAt, recoveredAt);
      return during.length === 0 ? ledger.written() : during;
    },
    async strike() {
      hangingBefore = ledger.hanging();
      struckAt = ledger.written().length;
      return victims.map((node, index) => ({ node: nodeRef(node), afterMs: index * staggerMs }));
    },
    async membersDown(signal) {
      const live = await Promise.all(nodes.map(({ url }) => isLive(url, signal)));
      return nodes.filter((_, index) => live[index] !== true).map((node) => node.name);
    },
    async gone(node, signal) {
      const settled = nodes.find((one) => one.name === node.name);
      const evidence = settled && (await closedPort(world, addressOf(settled.url), signal));
      if (evidence !== undefined && node.name === victims.at(-1)?.name) allGone = true;
      return evidence;
    },
    async recovered(context) {
      const well = await allWell(context.signal);
      if (!well.ok) return well;
      const once = await writable(context.signal);
      if (!once.ok) return once;
      recoveredAt ??= ledger.written().length;
      // The probes last: what they saw meanwhile counts.
      const seen = seenWriting();
      if (seen.ok) await tellOfWrites(context);
      return seen;
    },
    healed: whole,
  };

  async function tellOfWrites(context: DrillContext): Promise<void> {
    const counts = [...ledger.failures()].map(([reason, count]) => `${count} ${reason}`).join(', ');
    if (counts !== '') await context.note(`writes that were not acknowledged: ${counts}`);
    const hanging = ledger.hanging() - hangingBefore;
    if (hanging === 0) return;
    await context.gap(
      'hanging-write',
      `during the outage ${hanging} ${hanging === 1 ? 'write' : 'writes'} had no answer within ${ledger.timeoutMs}ms instead of being refused: a client without a time limit of its own hangs for minutes`,
    );
  }
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}
