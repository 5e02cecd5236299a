import { formatDuration } from '../../core/duration.ts';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Check } from '../../core/scenario.ts';
import { isoUtc } from '../../core/time.ts';
import { preflightDrills } from '../../engine/index.ts';
import { whoHolds } from '../../engine/lock.ts';
import { columns } from '../../report/columns.ts';
import { withDeadline } from '../../world/await.ts';
import type { World } from '../../world/world.ts';
import { UNSEEN_HINT, unseenAlerts } from '../alert-servers.ts';
import { findLeftovers, pastOf } from '../leftovers.ts';
import { say, sayJson } from '../say.ts';
import { LEAST_FREE_BYTES } from '../session-folder.ts';
import { openStack, type Stack, type StackOptions } from '../stack.ts';

const LOOK_MS = 5_000;
/** Times in a report and in Prometheus are compared by people: further apart than this they mislead. */
const MOST_SKEW_MS = 2_000;
const WIDTH = 110;

/** `scenario` null: about the session as a whole. */
interface Finding {
  readonly scenario: string | null;
  readonly check: Check;
}

/** Looks at everything a drill needs. 0: a session could begin now; 3: it would be refused or could not meet its target. */
export async function doctor(world: World, options: StackOptions & { readonly json?: boolean }): Promise<ExitCode> {
  const stack = await openStack(world, options);
  const never = new AbortController().signal;
  const [drills, ...general] = await Promise.all([
    preflightDrills(world, stack.drills, stack.platforms, never),
    checkLockAndLeftovers(world, stack, never),
    checkAlerts(world, stack),
    checkClock(world, stack),
    checkDisk(world, stack),
  ]);
  const findings: Finding[] = [
    ...general.flat().map((check) => ({ scenario: null, check })),
    ...drills.flatMap(({ drill, checks }) => checks.map((check) => ({ scenario: drill.plan.id, check }))),
    ...stack.notDrilled
      .filter((one) => one.limits)
      .map(
        ({ id, reason }): Finding => ({
          scenario: id,
          check: {
            name: 'stack',
            status: 'unattainable',
            detail: `not drilled: ${reason}`,
            hint: stack.hintAtMissing,
          },
        }),
      ),
  ];
  const bad = findings.filter(({ check }) => check.status === 'blocked' || check.status === 'unattainable');
  if (options.json === true)
    sayJson(world.tty.out, { version: 1, source: stack.loaded.source, ok: bad.length === 0, findings });
  else say(world.tty.out, text(stack, findings, bad.length));
  return bad.length === 0 ? EXIT.pass : EXIT.inconclusive;
}

function text(stack: Stack, findings: readonly Finding[], bad: number): string {
  const { environment } = stack.loaded.config;
  const rows = findings.map(({ scenario, check }) => [
    scenario ?? '-',
    check.status,
    check.name,
    check.hint === '' ? check.detail : `${check.detail} -> ${check.hint}`,
  ]);
  const end =
    bad === 0 ? 'Nothing stands in the way of a drill.' : `${bad} of ${findings.length} stand in the way of a drill.`;
  return `${environment.name} (${environment.kind}), from ${stack.loaded.source}\n\n${columns([['for', 'status', 'check', 'seen'], ...rows], WIDTH)}\n\n${end}\n`;
}

async function checkAlerts(world: World, { alerts, drills, loaded }: Stack): Promise<readonly Check[]> {
  const hint = UNSEEN_HINT;
  const unseen = unseenAlerts(loaded.config);
  if (alerts === undefined) return unseen === undefined ? [] : [unseen];
  try {
    const [poll, rules] = await withDeadline(world.clock, LOOK_MS, undefined, (signal) =>
      Promise.all([alerts.poll(signal), alerts.rules(signal)]),
    );
    const expected = new Set(drills.flatMap((drill) => drill.plan.alerts.map((alert) => alert.name)));
    const missing = [...expected].filter((name) => !rules.includes(name));
    const active = [...new Set(poll.alerts.map((alert) => alert.name))].filter((name) => expected.has(name));
    return [
      missing.length === 0
        ? {
            name: 'alerts',
            status: 'ok',
            detail: `${alerts.target}: all ${expected.size} expected rules are loaded`,
            hint: '',
          }
        : { name: 'alerts', status: 'warning', detail: `no rule for ${missing.join(', ')}`, hint },
      ...active.map(
        (name): Check => ({
          name: 'alerts',
          status: 'warning',
          detail: `${name} is active already`,
          hint: 'find out why before a drill: it proves nothing while it is',
        }),
      ),
    ];
  } catch (error) {
    return [
      { name: 'alerts', status: 'warning', detail: `${alerts.target} cannot be read: ${messageOf(error)}`, hint },
    ];
  }
}

async function checkClock(world: World, { loaded }: Stack): Promise<readonly Check[]> {
  const ours = isoUtc(world.clock.wall());
  const url = loaded.config.prometheus?.url;
  if (url === undefined) return [{ name: 'clock', status: 'ok', detail: `${ours}, compared with nothing`, hint: '' }];
  try {
    const before = world.clock.wall();
    const response = await world.http.request({
      url: `${url.replace(/\/+$/, '')}/api/v1/query?query=time()`,
      timeoutMs: LOOK_MS,
    });
    const middle = (before + world.clock.wall()) / 2;
    const theirs = prometheusTime(JSON.parse(response.text()));
    if (theirs === undefined) throw new Error('its answer holds no time');
    const skew = Math.abs(theirs - middle);
    const detail = `${ours}, ${formatDuration(skew)} from Prometheus`;
    if (skew <= MOST_SKEW_MS) return [{ name: 'clock', status: 'ok', detail, hint: '' }];
    return [
      {
        name: 'clock',
        status: 'warning',
        detail,
        hint: 'set both clocks: no verdict depends on them, but people compare the times',
      },
    ];
  } catch (error) {
    return [
      {
        name: 'clock',
        status: 'warning',
        detail: `the clock of Prometheus could not be read: ${messageOf(error)}`,
        hint: 'see the check of alerts',
      },
    ];
  }
}

/** Milliseconds since the epoch, from the answer to the query `time()`. */
function prometheusTime(answer: unknown): number | undefined {
  const data = isJsonObject(answer) && isJsonObject(answer.data) ? answer.data.result : undefined;
  const value = Array.isArray(data) ? Number(data[1]) : Number.NaN;
  return Number.isFinite(value) ? value * 1_000 : undefined;
}

async function checkDisk(world: World, { sessions }: Stack): Promise<readonly Check[]> {
  try {
    const path = (await world.fs.exists(sessions)) ? sessions : world.env.cwd;
    const free = await world.fs.freeBytes(path);
    const detail = `${Math.floor(free / 1024 / 1024)} MiB free for ${sessions}`;
    if (free >= LEAST_FREE_BYTES) return [{ name: 'disk', status: 'ok', detail, hint: '' }];
    return [
      { name: 'disk', status: 'blocked', detail, hint: 'make room, or name another folder with --sessions FOLDER' },
    ];
  } catch (error) {
    return [
      { name: 'disk', status: 'blocked', detail: messageOf(error), hint: 'name another folder with --sessions FOLDER' },
    ];
  }
}

/** One after the other: what a session has broken that is running now is no leftover. */
async function checkLockAndLeftovers(world: World, stack: Stack, signal: AbortSignal): Promise<readonly Check[]> {
  const lock = await checkLock(world, stack);
  if (lock.status !== 'ok') return [lock];
  return [...(await findLeftovers(world, pastOf(stack), signal)), lock];
}

async function checkLock(world: World, stack: Stack): Promise<Check> {
  const busy = await whoHolds(world, stack.lockPath).catch((error: unknown) => {
    if (error instanceof GamedayError) return error;
    throw error;
  });
  if (busy === undefined) return { name: 'lock', status: 'ok', detail: 'no session is running', hint: '' };
  return { name: 'lock', status: 'blocked', detail: busy.message, hint: busy.hint };
}
