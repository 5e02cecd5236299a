import { createWorld } from '../../src/world/node-world.ts';

/**
 * A process of its own that takes the lock named by its first argument, says in one line of JSON how that went, and
 * stays until its input ends or it is killed.
 */
const world = createWorld();
const [path = ''] = process.argv.slice(2);
const answer = await world.locks.acquire(path, {
  ...world.processes.self,
  host: world.env.hostname,
  session: 'child',
  since: '2026-01-01T00:00:00.000Z',
});
process.stdout.write(`${JSON.stringify('held' in answer ? { held: true } : { held: false, owner: answer.owner })}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
