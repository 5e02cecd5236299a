import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ServicePlan } from './ground-truth.ts';
import { TrueService } from './ground-truth-service.ts';

/** Below the ports that the kernel gives to clients: one of ours that is closed for a while must not become a client's own. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/**
 * A process of its own that serves what its first argument plans (JSON, a list of ServicePlan). It prints its ports,
 * waits for a line, runs every service through its outages side by side, prints the truth, and stays up until its input ends.
 */
const plans: readonly ServicePlan[] = JSON.parse(process.argv[2] ?? '[]');
const services = new Map<string, TrueService>();
for (const plan of plans) services.set(plan.name, await openSomewhere(plan));
say(Object.fromEntries([...services].map(([name, service]) => [name, service.port])));

const input = createInterface(process.stdin);
input.once('close', () => process.exit(0));
await once(input, 'line');
const truth = await Promise.all([...services].map(async ([name, service]) => [name, await service.run()] as const));
say(Object.fromEntries(truth));

async function openSomewhere(plan: ServicePlan): Promise<TrueService> {
  for (let attempt = 0; ; attempt += 1) {
    const service = new TrueService(plan, FIRST_PORT + Math.floor(Math.random() * PORTS));
    try {
      await service.open();
      return service;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
