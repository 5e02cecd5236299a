import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { type ServerChecks, serverChecks } from '../probes/haproxy-config.ts';
import type { World } from '../world/world.ts';
import type { HaproxySettings } from './d-haproxy-settings.ts';
import { sumText, totalMs } from './sums.ts';

const NAME = 'time to DOWN';
const UP_NAME = 'time to UP';

/** One backend, with what the running HAProxy says of it. */
export interface SeenServer {
  readonly name: string;
  /** Failed checks that make it DOWN; undefined where HAProxy does not say. */
  readonly fall: number | undefined;
}

/**
 * Can a dead backend be DOWN in time, and one that is back UP? The statistics tell `fall` and no interval, so the intervals are read from the
 * configuration file where the settings name it. Never rejects.
 */
export async function timeToDown(
  world: Pick<World, 'fs'>,
  settings: Pick<HaproxySettings, 'configFile' | 'backend' | 'downWithin' | 'upWithin'>,
  seen: readonly SeenServer[],
): Promise<readonly Check[]> {
  const { configFile, backend, downWithin, upWithin } = settings;
  if (configFile === undefined) return [withoutIntervals(seen, downWithin)];
  try {
    const text = await world.fs.readText(configFile);
    if (text === undefined) throw new Error('there is no such file');
    const servers = serverChecks(text, backend);
    return seen.flatMap((one) => {
      const server = servers.find(({ name }) => name === one.name);
      if (server === undefined) throw new Error(`its backend ${backend} has no server ${one.name}`);
      return [judgeChecks(server, one.fall, downWithin), judgeReturn(server, upWithin)];
    });
  } catch (error) {
    return [
      {
        name: NAME,
        status: 'warning',
        detail: `how often the servers are checked is not known, ${configFile} cannot be read: ${messageOf(error)}`,
        hint: 'set scenarios.D.configFile to the file that HAProxy was started with',
      },
    ];
  }
}

/** Pure: what the checks of one server add up to. `fall` is what HAProxy runs with. */
export function judgeChecks(server: ServerChecks, fall: number | undefined, downWithinMs: number): Check {
  const { name, interMs, fastinterMs, observe, errorLimit, onError } = server;
  const after = fall ?? server.fall;
  const again = (after - 1) * fastinterMs;
  const parts = [
    { name: 'until a check fails (inter)', ms: interMs },
    { name: `for ${after - 1} more (fastinter ${formatDuration(fastinterMs)}, fall ${after})`, ms: again },
  ];
  const marks = observe !== undefined && onError === 'mark-down';
  const watched = marks
    ? `; sooner by ${errorLimit} ${errorLimit === 1 ? 'error' : 'errors'} of users (observe ${observe}, mark-down)`
    : '';
  const detail = `${name}: ${sumText(parts, downWithinMs)}${watched}`;
  const target = `DOWN within ${formatDuration(downWithinMs)}`;
  const hint = `lower inter, fastinter or fall of ${name} in haproxy.cfg, then reload HAProxy`;
  const otherFall = fall !== undefined && fall !== server.fall;
  if (otherFall)
    return {
      name: NAME,
      status: 'warning',
      detail: `${detail}; the file says fall ${server.fall}, HAProxy runs with ${fall}: it may run with other intervals too`,
      hint: 'reload HAProxy, or set scenarios.D.configFile to the file that it was started with',
    };
  if (!marks && again >= downWithinMs)
    return { name: NAME, status: 'unattainable', detail: `${detail}: ${target} cannot be met`, hint };
  if (totalMs(parts) >= downWithinMs)
    return { name: NAME, status: 'warning', detail: `${detail}: ${target} may be missed`, hint };
  return { name: NAME, status: 'ok', detail, hint: '' };
}

/** Pure: what the checks of a server that answers again add up to. The time that it takes to start comes before. */
export function judgeReturn(server: ServerChecks, upWithinMs: number): Check {
  const { name, downinterMs, fastinterMs, rise } = server;
  const again = Math.max(0, rise - 1) * fastinterMs;
  const parts = [
    { name: 'until a check succeeds (downinter)', ms: downinterMs },
    { name: `for ${Math.max(0, rise - 1)} more (fastinter ${formatDuration(fastinterMs)}, rise ${rise})`, ms: again },
  ];
  const detail = `${name}: ${sumText(parts, upWithinMs)}`;
  const target = `UP within ${formatDuration(upWithinMs)} of its start`;
  const hint = `lower downinter, fastinter or rise of ${name} in haproxy.cfg, then reload HAProxy`;
  if (again >= upWithinMs)
    return { name: UP_NAME, status: 'unattainable', detail: `${detail}: ${target} cannot be met`, hint };
  if (totalMs(parts) >= upWithinMs)
    return { name: UP_NAME, status: 'warning', detail: `${detail}: ${target} may be missed`, hint };
  return { name: UP_NAME, status: 'ok', detail, hint: '' };
}

/** Without the intervals this can only say how long they may be at most. */
function withoutIntervals(seen: readonly SeenServer[], downWithinMs: number): Check {
  const falls = seen.flatMap(({ fall }) => (fall === undefined || fall < 1 ? [] : [fall]));
  const fall = falls.length === seen.length ? Math.max(...falls) : undefined;
  if (fall === undefined) {
    return {
      name: NAME,
      status: 'warning',
      detail: 'HAProxy does not say how many failed checks make a server DOWN',
      hint: `make sure that inter times fall is under ${downWithinMs / 1_000}s`,
    };
  }
  const most = (downWithinMs / 1_000 / fall).toFixed(1);
  return {
    name: NAME,
    status: 'warning',
    detail: `DOWN after ${fall} failed checks: whether in ${formatDuration(downWithinMs)} is not known, they must be less than ${most}s apart and HAProxy's statistics tell no interval`,
    hint: 'set scenarios.D.configFile to the haproxy.cfg that HAProxy was started with',
  };
}
