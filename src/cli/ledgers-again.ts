import { EXIT, GamedayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Ledger } from '../core/ledger.ts';
import type { SessionStarted } from '../journal/events.ts';
import type { World } from '../world/world.ts';
import { openSecrets } from './secrets.ts';

/**
 * The ledgers of a session by scenario, bound again from its journal: they have the same places of their own, and can
 * remove them. Secrets are read where the configuration says. Rejects when the journal is of an older version, or when
 * something that they need (a secret) is not here.
 */
export async function ledgersAgain(
  world: World,
  started: SessionStarted,
): Promise<ReadonlyMap<string, readonly Ledger[]>> {
  const { namespace, folder } = started.reach ?? {};
  const settings = isJsonObject(started.config.scenarios) ? started.config.scenarios : {};
  if (namespace === undefined || folder === undefined) throw unknown('its journal is of an older version');
  const [{ SCENARIOS }, { PROFILES }, { secondNamespace }] = await Promise.all([
    import('../scenarios/index.ts'),
    import('../scenarios/profile.ts'),
    import('../scenarios/scenario.ts'),
  ]);
  const secret = openSecrets(world, folder).read;
  const profile = started.profile === 'smoke' ? PROFILES.smoke : PROFILES.standard;
  const ledgers = new Map<string, readonly Ledger[]>();
  for (const { id, secondOf } of started.scenarios) {
    const factory = SCENARIOS.find((one) => one.id === (secondOf ?? id));
    if (factory === undefined) throw unknown(`this version of gameday has no scenario ${id}`);
    const checked = factory.schema.safeParse(settings[factory.id]);
    if (!checked.success) throw unknown(`this version of gameday cannot read the settings of scenario ${id}`);
    const own = secondOf === undefined ? namespace : secondNamespace(namespace);
    ledgers.set(id, (await factory.bind(checked.data, { world, profile, secret, namespace: own })).ledgers);
  }
  return ledgers;
}

function unknown(message: string): GamedayError {
  return new GamedayError({
    code: 'data-out-of-reach',
    message,
    hint: 'remove what the drill has written by hand',
    exitCode: EXIT.inconclusive,
  });
}
