import { formatDuration } from '../core/duration.ts';
import type { Condition, DrillContext } from '../core/scenario.ts';
import { type HealReport, minioHeal } from '../probes/minio-admin.ts';
import type { S3Client } from '../probes/s3-client.ts';
import type { Clock } from '../world/world.ts';

export interface RedundancyOptions {
  readonly clock: Clock;
  readonly client: S3Client;
  /** Base URLs of the nodes: the first that reaches every drive is believed. After a restart some take 15 s to reconnect. */
  readonly nodes: readonly string[];
  readonly bucket: string;
  /** Objects that must be there. A dry run that lists fewer has not seen the store. */
  readonly expected: () => number;
  /** Objects that are overwritten all the time: a look may fall into a write, and their writes have a gate of their own. */
  readonly ignore: (key: string) => boolean;
  /** How long the store may take to heal by itself. */
  readonly waitMs: number;
  readonly mode: 'request' | 'self';
  /** A requested heal that takes longer is given up. */
  readonly deadlineMs: number;
}

const CALL_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 300;

/** A heal that was asked for. It outlives the single question, which may not take long. */
interface Requested {
  readonly startedAt: number;
  state: 'running' | 'done' | { readonly error: unknown };
  tookMs: number;
}

interface Look {
  readonly at: number;
  readonly report: HealReport;
  /** Who was asked. */
  readonly node: string;
  /** Objects that had to be there when the look began. */
  readonly expected: number;
  /** Whether an object lacks a shard that lacked one in the look before too: one that is just being written does not. */
  readonly twice: boolean;
}

/**
 * Is every object whole on every drive? Asked of the heal API's dry run, because everything else says so too early.
 * A store that says all is well and has not healed by itself in time is a finding. In mode `request` it is told to; in mode
 * `self` it never is, and the condition does not hold until it has.
 */
export function redundancy(options: RedundancyOptions): (context: DrillContext) => Promise<Condition> {
  const { clock, client, nodes, bucket, expected, ignore, waitMs, mode, deadlineMs } = options;
  let requested: Requested | undefined;
  let last: Look | undefined;
  let told = false;

  const heal = (node: string, dryRun: boolean, signal: AbortSignal): Promise<HealReport> =>
    minioHeal(client, node, bucket, {
      dryRun,
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
      sleep: (ms, inner) => clock.sleep(ms, inner),
    });
  const look = async (signal: AbortSignal): Promise<Look> => {
    if (last !== undefined && clock.now() - last.at < LOOK_EVERY_MS) return last;
    const before = new Set(last?.report.unhealed.map(({ key }) => key));
    for (const node of nodes) {
      const atLeast = expected();
      const whole = await heal(node, true, signal);
      const report = { ...whole, unhealed: whole.unhealed.filter(({ key }) => !ignore(key)) };
      last = {
        at: clock.now(),
        report,
        node,
        expected: atLeast,
        twice: report.unhealed.some(({ key }) => before.has(key)),
      };
      if (report.unseen.length === 0) break;
    }
    if (last === undefined) throw new Error('there is no node to ask');
    return last;
  };
  const request = (node: string): void => {
    const job: Requested = { startedAt: clock.now(), state: 'running', tookMs: 0 };
    requested = job;
    const deadline = clock.deadline(deadlineMs);
    const settle = (state: Requested['state']): void => {
      job.state = state;
      job.tookMs = clock.now() - job.startedAt;
      last = undefined;
      deadline.cancel();
    };
    heal(node, false, deadline.signal).then(
      () => settle('done'),
      (error: unknown) => settle({ error }),
    );
  };

  return async (context) => {
    if (requested?.state === 'running')
      return {
        ok: false,
        detail: `the requested heal has been running for ${formatDuration(clock.now() - requested.startedAt)}`,
      };
    if (requested !== undefined && requested.state !== 'done')
      throw new Error('the requested heal failed', { cause: requested.state.error });
    const { report, node, twice, expected: atLeast } = await look(context.signal);
    const { objects, unseen, unhealed } = report;
    const asked = requested === undefined ? '' : `, after a heal on request of ${formatDuration(requested.tookMs)}`;
    if (objects === 0 || objects < atLeast)
      return { ok: false, detail: `the heal API lists ${objects} of the ${atLeast} objects of ${bucket}` };
    if (unseen.length > 0) {
      const [first] = unseen;
      return {
        ok: false,
        detail: `of ${unseen.length} of ${objects} objects a drive cannot be asked (${first?.key}: ${first?.drives})`,
      };
    }
    if (unhealed.length === 0) {
      const detail = `none of ${objects} objects lacks a shard${asked}`;
      await context.note(`heal dry run: ${detail}`);
      return { ok: true, detail };
    }
    const missing = `${unhealed.length} of ${objects} objects lack a shard (${unhealed[0]?.key}: ${unhealed[0]?.drives})`;
    const leftMs = waitMs - context.elapsedMs();
    const claimed = `health, drives and writes say that all is well, yet ${formatDuration(context.elapsedMs())} after the nodes were restored ${missing}`;
    if (mode === 'self') {
      if (leftMs <= 0 && twice && !told) {
        told = true;
        await context.gap('claims-healed', `${claimed}, and nobody may ask for a heal (healing.mode is self)`);
      }
      return { ok: false, detail: `${missing}, and nobody may ask for a heal (healing.mode is self)` };
    }
    if (leftMs > 0) return { ok: false, detail: `${missing}; it may still heal by itself` };
    if (!twice) return { ok: false, detail: `${missing}${asked}; looking again, it may just be being written` };
    if (requested === undefined)
      await context.gap(
        'claims-healed',
        `${claimed}: the store had not healed itself within ${formatDuration(waitMs)} (healing.wait), so a heal was requested`,
      );
    request(node);
    return { ok: false, detail: `${missing}${asked}; heal requested` };
  };
}
