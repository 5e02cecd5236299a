import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ServicePlan, Switch, Truth } from './ground-truth.ts';
import { monotonicMs, TrueService } from './ground-truth-service.ts';

/** Below the ports that the kernel gives to clients: one of ours that is closed for a while must not become a client's own. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** The server looks at the clock that often, and was absent when it came to that so much later. */
const PULSE_MS = 10;
const ABSENT_MS = 5;

/**
 * A process of its own that serves what its first argument plans (JSON, a list of ServicePlan). It prints its ports,
 * waits for a line, runs every service through its outages side by side, says that they are over, and stays up until its
 * input ends. Then it prints the truth.
 */
const plans: readonly ServicePlan[] = JSON.parse(process.argv[2] ?? '[]');
const absences = noteAbsences();
const services = new Map<string, TrueService>();
for (const plan of plans) services.set(plan.name, await openSomewhere(plan));
say(Object.fromEntries([...services].map(([name, service]) => [name, service.port])));

const input = createInterface(process.stdin);
const ended = once(input, 'close');
await once(input, 'line');
const outages = await Promise.all([...services].map(async ([name, service]) => [name, await service.run()] as const));
say({ over: true });
await ended;
const truth: Truth = { outages: Object.fromEntries(outages), absences };
process.stdout.write(`${JSON.stringify(truth)}\n`, () => process.exit(0));

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

/** A list that grows. */
function noteAbsences(): readonly Switch[] {
  const absences: Switch[] = [];
  let lastMs = monotonicMs();
  setInterval(() => {
    const now = monotonicMs();
    if (now - lastMs > PULSE_MS + ABSENT_MS) absences.push({ fromMs: lastMs, toMs: now });
    lastMs = now;
  }, PULSE_MS);
  return absences;
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
