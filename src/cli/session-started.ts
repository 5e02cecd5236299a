import { join, resolve } from 'node:path';
import { formatDuration } from '../core/duration.ts';
import type { GateSpec } from '../core/gate.ts';
import type { JsonObject } from '../core/json.ts';
import type { SessionStarted } from '../journal/events.ts';
import { alerts } from '../verdict/gates/alerts.ts';
import { badRun } from '../verdict/gates/bad-run.ts';
import { silent } from '../verdict/gates/silent.ts';
import type { World } from '../world/world.ts';
import { missingAlertServers } from './alert-servers.ts';
import { findRunbooks, findTemplate, runbookFolders } from './documents.ts';
import { gamedayVersion } from './package.ts';
import type { Stack, StackOptions } from './stack.ts';

/** `limits.badRun`, unless set. */
export const BAD_RUN_MS = 30_000;

/** What the command line may say about how a session is run. */
type GivenOptions = StackOptions & { readonly force?: boolean };

/** Everything a report needs besides what happens: it goes into the journal's first lines. */
export async function describeSession(
  world: World,
  stack: Stack,
  options: GivenOptions,
  session: string,
): Promise<Omit<SessionStarted, 'type'>> {
  const { config, folder } = stack.loaded;
  const plans = stack.drills.map((drill) => drill.plan);
  const configured = config.runbooks === undefined ? undefined : resolve(folder, config.runbooks);
  return {
    session,
    environment: config.environment.name,
    kind: config.environment.kind,
    profile: stack.profile.name,
    config: { ...stack.loaded.effective, options: given(options) },
    template: await findTemplate(world, stack.sessions),
    runbooks: await findRunbooks(world, plans, runbookFolders(configured, world.env.cwd)),
    versions: { gameday: gamedayVersion(), node: process.versions.node },
    scenarios: plans,
    notDrilled: stack.notDrilled,
    sessionGates: sessionGates(config.limits.badRun ?? BAD_RUN_MS),
    reach: { lockPath: stack.lockPath, platforms: stack.platformsReach, namespace: stack.namespace, folder },
    alertSource: stack.alerts?.target ?? `none: ${missingAlertServers(config)}`,
    acknowledged: 'written-before-next',
  };
}

/** The gates over all scenarios. */
export function sessionGates(badRunMs: number): readonly GateSpec[] {
  return [
    silent.spec(
      'silent',
      'every fault that could be felt raised an alert or an error line in a log, or changed the health of a component',
      {},
    ),
    badRun.spec('bad-run', `nothing that users use was bad for ${formatDuration(badRunMs)} or longer`, {
      limitMs: badRunMs,
    }),
    alerts.spec('alerts', 'every expected alert fired in time, was inactive before, and resolved afterwards', {}),
  ];
}

/** What was chosen on the command line, for the reader of a report. */
function given(options: GivenOptions): JsonObject {
  const { only, skip, outage, profile, secondStrike, force } = options;
  return JSON.parse(JSON.stringify({ only, skip, outage, profile, secondStrike, force })) as JsonObject;
}

/** Where the session's files are, as a person would type it from here. */
export function shownPath(world: Pick<World, 'env'>, path: string): string {
  const prefix = join(world.env.cwd, '/');
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
