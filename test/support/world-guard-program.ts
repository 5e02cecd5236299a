import { appendFileSync } from 'node:fs';
import { createWorld } from '../../src/world/node-world.ts';

/**
 * A guard of its own: writes what it hears of its leash into the file named by its first argument, a line each. With
 * `never` it does not say that it is ready; with `fail` it ends at once.
 */
const [path = '', mode] = process.argv.slice(2);
const world = createWorld();
const say = (line: string): void => appendFileSync(path, `${line}\n`);
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) world.signals.on(name, () => say(name));
if (mode === 'fail') process.exit(7);
if (mode === 'never') await world.clock.sleep(60_000);
say(`env ${Object.keys(process.env).sort().join(' ')}`);
say(`cwd ${process.cwd()}`);
const leash = world.guards.leash();
leash.onRenew(() => say('renewed'));
say(await leash.ended);
process.exit(0);
