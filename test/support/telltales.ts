import type { AlertSource } from '../../src/core/alert.ts';
import type { LogLine, Platform } from '../../src/core/platform.ts';
import type { Drill } from '../../src/core/scenario.ts';
import type { SimPlatform } from './sim-platform.ts';

/** A platform whose every word holds a secret. */
export function telltale(platform: SimPlatform, leak: () => string): Platform {
  const rethrow = (error: unknown): never => {
    throw new Error(`exit 1, stderr: ${leak()}`, { cause: error });
  };
  return {
    id: platform.id,
    byHand: (action, node) => platform.byHand(action, node),
    inspect: async (node) => ({ ...(await platform.inspect(node)), detail: leak() }),
    stop: (node, options) => platform.stop(node, options).catch(rethrow),
    start: (node, options) => platform.start(node, options).catch(rethrow),
    async *logs(node, signal): AsyncIterable<LogLine> {
      for await (const { text } of platform.logs(node, signal)) yield { text: `${text}: ${leak()}` };
    },
  };
}

/** Alerts whose every word holds a secret, from servers that cannot always be read. */
export function telltaleAlerts(source: AlertSource, leak: () => string): AlertSource {
  let polls = 0;
  return {
    target: `Prometheus ${leak()}`,
    rules: async (signal) => [...(await source.rules(signal)), leak()],
    async poll(signal) {
      polls += 1;
      if (polls % 9 === 0) throw new Error(leak());
      const { alerts } = await source.poll(signal);
      return {
        alerts: alerts.map((alert) => ({ ...alert, labels: { ...alert.labels, [leak()]: leak() }, activeAt: leak() })),
      };
    },
  };
}

/** The drill with everything that it says filled with secrets. */
export function telltaleDrill(drill: Drill, leak: () => string): Drill {
  const { plan } = drill;
  return {
    ...drill,
    plan: { ...plan, notProven: [leak()], logs: plan.logs },
    probes: drill.probes.map((probe) => ({
      ...probe,
      async sample(signal) {
        const reading = await probe.sample(signal);
        const facts = reading.facts === undefined ? {} : { facts: { ...reading.facts, [`${leak()}`]: leak() } };
        return { ...reading, ...facts, detail: leak() };
      },
    })),
    ledgers: drill.ledgers.map((ledger) => ({
      ...ledger,
      async write(id, signal) {
        if (id % 50 === 0) throw new Error(leak());
        return { ...(await ledger.write(id, signal)), detail: leak() };
      },
      async remove() {
        throw new Error(leak());
      },
    })),
    preflight: async () => [{ name: leak(), status: 'warning', detail: leak(), hint: leak() }],
    steady: async (context) => {
      await context.note(leak());
      await context.gap('telltale', leak());
      return { ...(await drill.steady(context)), detail: leak() };
    },
    gone: async (node, signal) => ((await drill.gone(node, signal)) === undefined ? undefined : leak()),
    recovered: async (context) => ({ ...(await drill.recovered(context)), detail: leak() }),
    healed: async (context) => ({ ...(await drill.healed(context)), detail: leak() }),
  };
}
