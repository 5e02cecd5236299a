import { createClock } from '../../src/world/clock.ts';
import { createGuards } from '../../src/world/guards.ts';

/** A tool of its own: starts a guard that writes into the file named by its first argument, renews it twice, says its pid and waits to be killed. */
const [path = ''] = process.argv.slice(2);
const guard = await createGuards(createClock(), [
  '--import',
  new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href,
  new URL('world-guard-program.ts', import.meta.url).pathname,
]).start([path]);
guard.renew();
guard.renew();
process.stdout.write(`${guard.ref.pid}\n`);
process.stdin.resume();
