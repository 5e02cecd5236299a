import { join, resolve } from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { AlertSource } from '../core/alert.ts';
import { parseDuration } from '../core/duration.ts';
import { EXIT, GamedayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { LabState } from '../core/lab-state.ts';
import type { LogSource, Platform } from '../core/platform.ts';
import type { Drill } from '../core/scenario.ts';
import type { SessionStarted } from '../journal/events.ts';
import { PLATFORMS } from '../platforms/index.ts';
import { withLogSources } from '../platforms/log-sources.ts';
import { prometheusSource } from '../probes/prometheus.ts';
import { withAlertPreflight } from '../scenarios/alert-preflight.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { PROFILES, type Profile } from '../scenarios/profile.ts';
import { newNamespace } from '../scenarios/scenario.ts';
import { bindSecondStrike } from '../scenarios/second-strike.ts';
import { withUsersPath } from '../scenarios/users-path.ts';
import type { World } from '../world/world.ts';
import { alertServers } from './alert-servers.ts';
import { findRunningLab, hintAtMissing, labBase } from './lab-access.ts';
import { labPath } from './lab-path.ts';
import { lockPath } from './lock-path.ts';
import { platformsReach } from './reach.ts';
import { openSecrets, verifyNoNameHoldsSecret } from './secrets.ts';
import { optionOrEnv, type Selection, selectScenarios } from './selection.ts';

/** Options that choose a stack and what is drilled on it; the same for run, plan and doctor. */
export interface StackOptions {
  readonly only?: string;
  readonly skip?: string;
  readonly config?: string;
  readonly labDir?: string;
  readonly outage?: string;
  readonly profile?: string;
  readonly sessions?: string;
  /** Every scenario is struck twice, whatever the file says. */
  readonly secondStrike?: boolean;
}

/** Everything that is known before anything is looked at: the configuration bound to drills. */
export interface Stack {
  readonly loaded: LoadedConfig;
  readonly profile: Profile;
  readonly drills: readonly Drill[];
  readonly notDrilled: SessionStarted['notDrilled'];
  /** How a lab that is up comes to the stacks that it lacks. Empty where the drills are not for a lab. */
  readonly hintAtMissing: string;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly alerts: AlertSource | undefined;
  readonly lockPath: string;
  /** How a process without this configuration makes the platforms again. */
  readonly platformsReach: SessionStarted['reach']['platforms'];
  /** What makes the names of everything that the ledgers create. */
  readonly namespace: string;
  /** Absolute path of the folder for sessions. */
  readonly sessions: string;
  readonly redact: (text: string) => string;
}

/**
 * Selection, configuration, platforms, drills. Opens no connection. Throws GamedayErrors for everything a user got wrong.
 * `settings`: laid over the lab's own, in the place of any file.
 */
export async function openStack(world: World, options: StackOptions, settings?: JsonObject): Promise<Stack> {
  const { selection, outageMs } = choicesOf(world, options);
  const profile = PROFILES[options.profile === 'smoke' ? 'smoke' : 'standard'];
  const lab = await findRunningLab(world, options.labDir);
  const loaded = await loadConfig({
    world,
    file: options.config,
    ...(settings && { given: settings }),
    scenarios: SCENARIOS,
    platforms: Object.keys(PLATFORMS),
    labDir: options.labDir,
    lab: async () => (lab === undefined ? undefined : labBase(lab)),
  });
  const { config } = loaded;
  const secrets = openSecrets(world, loaded.folder);
  const hint = lab === undefined ? '' : hintAtMissing(lab);
  const { drillable, notDrilled } = decide(selection, loaded, lab, hint);
  const namespace = newNamespace(world);
  const drills: Drill[] = [];
  const servers = alertServers(config);
  const usedLab = loaded.usesLab ? lab : undefined;
  const findPath = usedLab === undefined ? async () => [] : labPath(world, usedLab);
  const watched = (bound: Drill) => {
    const drill = withUsersPath(world, bound, findPath);
    return servers === undefined ? drill : withAlertPreflight(world, drill, servers);
  };
  for (const factory of SCENARIOS) {
    if (!drillable.includes(factory.id)) continue;
    const deps = {
      world,
      profile,
      secret: secrets.read,
      ...(outageMs === undefined ? {} : { outageMs }),
      alertWithinMs: config.limits.alertWithin,
      namespace,
    };
    const settings = config.scenarios[factory.id];
    const first = watched(await factory.bind(settings, deps));
    drills.push(first);
    const twice = options.secondStrike === true || (isJsonObject(settings) && settings.secondStrike === true);
    if (twice) drills.push(await bindSecondStrike(factory, settings, deps, first));
  }
  const platforms = makePlatforms(world, drills, usedLab, config.logs.nodes);
  const reach = platformsReach(platforms.keys(), usedLab);
  const lock = lockPath(world.env, usedLab?.folder ?? config.environment.id ?? config.environment.name);
  verifyNoNameHoldsSecret(secrets, [lock, ...textsIn(reach), ...drills.flatMap(({ plan }) => namesOf(plan))]);
  return {
    loaded,
    profile,
    drills,
    notDrilled,
    hintAtMissing: loaded.usesLab ? hint : '',
    platforms,
    platformsReach: reach,
    namespace,
    alerts: servers && prometheusSource(world, servers),
    lockPath: lock,
    sessions: sessionsFolder(world, options.sessions, loaded),
    redact: secrets.redact,
  };
}

/** What the options say by themselves, whatever there is to be drilled. */
function choicesOf(world: World, options: StackOptions) {
  const selection = selectScenarios(
    SCENARIOS.map((one) => one.id),
    optionOrEnv(options.only, world.env.get('ONLY')),
    optionOrEnv(options.skip, world.env.get('SKIP')),
    {
      only: options.only === undefined ? 'ONLY' : '--only',
      skip: options.skip === undefined ? 'SKIP' : '--skip',
    },
  );
  return { selection, outageMs: parseOutage(options.outage) };
}

/** Throws what `openStack` would throw for options and file, whether or not the lab is up: it need not be started to be told. */
export async function checkOptions(world: World, options: StackOptions): Promise<void> {
  choicesOf(world, options);
  const base = { world, file: options.config, scenarios: SCENARIOS, platforms: Object.keys(PLATFORMS) };
  try {
    await loadConfig({ ...base, lab: async () => undefined });
  } catch (error) {
    if (!(error instanceof GamedayError && error.code === 'no-stack')) throw error;
  }
}

/** Names that stand in the journal and by which a node is found again. */
function namesOf({ id, nodes }: Drill['plan']): readonly string[] {
  return [id, ...nodes.flatMap((node) => [node.name, node.platform])];
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Where session folders stand: the option, the file's setting, or `sessions` here. */
function sessionsFolder(world: World, option: string | undefined, { config, folder }: LoadedConfig): string {
  if (option !== undefined) return resolve(world.env.cwd, option);
  return config.sessions === undefined ? join(world.env.cwd, 'sessions') : resolve(folder, config.sessions);
}

function parseOutage(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new GamedayError({
    code: 'bad-duration',
    message: ms === 0 ? `--outage ${text} is no outage: it is over as it begins` : `--outage ${text} is not a duration`,
    hint:
      ms === 0
        ? 'write how long the nodes stay down, like --outage 10s'
        : 'write it with its unit, like --outage 10s or --outage 1m30s',
    exitCode: EXIT.usage,
  });
}

/** Of the chosen scenarios, those that have settings. One whose stack is missing in the lab limits the session: it was wanted and not looked at. */
function decide(
  selection: Selection,
  loaded: LoadedConfig,
  lab: LabState | undefined,
  hint: string,
): { readonly drillable: readonly string[]; readonly notDrilled: SessionStarted['notDrilled'] } {
  const titles = new Map(SCENARIOS.map((one) => [one.id, one.title]));
  const left = selection.leftOut.map(({ id, reason }) => ({ id, title: titles.get(id) ?? id, reason, limits: false }));
  const absent = selection.chosen.filter((id) => loaded.config.scenarios[id] === undefined);
  const reasonOf = (id: string) => reasonOfAbsence(id, loaded, lab);
  const asked = absent.filter((id) => selection.named.has(id));
  const drillable = selection.chosen.filter((id) => !absent.includes(id));
  if (asked.length > 0 || drillable.length === 0) {
    const ids = asked.length > 0 ? asked : absent;
    const reasons = [...new Set(ids.map(reasonOf))].join('; ');
    throw new GamedayError({
      code: 'not-configured',
      message: `${ids.join(', ')} cannot be drilled here: ${reasons}`,
      hint: loaded.usesLab
        ? hint
        : `add scenarios.${asked[0] ?? absent[0] ?? 'A'} to ${loaded.source}; gameday schema shows its shape`,
      exitCode: loaded.usesLab ? EXIT.inconclusive : EXIT.usage,
    });
  }
  const missing = absent.map((id) => ({
    id,
    title: titles.get(id) ?? id,
    reason: reasonOf(id),
    limits: loaded.usesLab,
  }));
  return { drillable, notDrilled: [...left, ...missing].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function reasonOfAbsence(id: string, loaded: LoadedConfig, lab: LabState | undefined): string {
  if (!loaded.usesLab) return `${loaded.source} has no settings for it`;
  const missing = lab?.missing.map(({ stack, reason }) => `${stack}: ${reason}`).join('; ') ?? '';
  const reason = missing === '' ? 'the lab has no such stack' : `the lab is not complete (${missing})`;
  const fields = loaded.lacking[id];
  return fields === undefined ? reason : `${reason}, and scenarios.${id} in the file lacks ${fields.join(', ')}`;
}

/** Only the platforms that a drill needs: another one may want tools that are not here. */
function makePlatforms(
  world: World,
  drills: readonly Drill[],
  lab: LabState | undefined,
  logs: Readonly<Record<string, LogSource>>,
): ReadonlyMap<string, Platform> {
  const wanted = new Set(drills.flatMap((drill) => drill.plan.nodes.map((node) => node.platform)));
  return new Map(
    Object.entries(PLATFORMS).flatMap(([id, make]) =>
      wanted.has(id) ? [[id, withLogSources(world, make(world, { lab }), logs)] as const] : [],
    ),
  );
}
