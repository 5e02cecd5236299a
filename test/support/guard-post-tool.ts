import { createClock } from '../../src/world/clock.ts';
import { createGuards } from '../../src/world/guards.ts';
import { refNow } from '../../src/world/processes.ts';
import type { Clock } from '../../src/world/world.ts';

/**
 * A tool of its own: starts the guard of the built program named by its first argument for the session in the second one,
 * says the guard's pid, and a line for each renewal that it answers. Renews until it is killed.
 */
const [program = '', session = ''] = process.argv.slice(2);
const clock = createClock();
/** Beside other tests a guard may need longer than the product waits for it: that is not what is asked here. */
const patient: Clock = { ...clock, sleep: (ms, signal) => clock.sleep(6 * ms, signal) };
const self = refNow(process.pid);
const guard = await createGuards(patient, [program]).start([
  'guard',
  '--session',
  session,
  '--tool',
  `${self?.pid}:${self?.startTime}`,
]);
guard.onAnswer(() => process.stdout.write('answered\n'));
process.stdout.write(`${guard.ref.pid}\n`);
setInterval(() => guard.renew(), 1_000);
guard.renew();
