import { z } from 'zod';
import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import { HEALTHY } from '../core/probe.ts';
import type { Check, Drill } from '../core/scenario.ts';
import { amqpLedger } from '../ledgers/amqp.ts';
import { type AmqpTarget, amqpProbe, declareQueue, isDurable, shakeHands } from '../probes/amqp.ts';
import { data } from '../verdict/gates/data.ts';
import { errorRun } from '../verdict/gates/error-run.ts';
import { loud } from '../verdict/gates/loud.ts';
import { rto } from '../verdict/gates/rto.ts';
import { apiProbe, buildPlan, nodeRef } from './common.ts';
import { at, closedPort, okCheck, watchFacts, watchWrites } from './evidence.ts';
import { type Redundancy, refuseMoreDown } from './max-down.ts';
import { newNamespace, type ScenarioDeps, type ScenarioFactory } from './scenario.ts';
import { apiSettings, commonSettings, duration, node, port, rate, secretRef, timesOf } from './settings.ts';

const fields = z.strictObject({
  ...commonSettings,
  api: apiSettings,
  node: node.extend({ host: z.string().min(1), port }),
  user: z.string().min(1),
  password: secretRef,
  vhost: z.string().min(1).default('/'),
  queues: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: 'queues of your own whose messages must outlive the outage: they have to be durable' }),
  maxErrorRun: duration.default(30_000).meta({ description: 'longest bad run of the API during the drill (30s)' }),
  loudWithin: duration.default(10_000).meta({ description: 'fault to the log line (10s)' }),
  backWithin: duration
    .default(60_000)
    .meta({ description: 'restart to an API that answers well and calls the component healthy (60s)' }),
  persistent: z.boolean().default(true).meta({
    description: 'false: the drill publishes transient messages, as a service may that promises nothing (true)',
  }),
  ledger: rate({ intervalMs: 50, timeoutMs: 2_000 }),
  probes: z.strictObject({ broker: rate({ intervalMs: 1_000, timeoutMs: 3_000 }) }).prefault({}),
});

type RabbitmqSettings = z.output<typeof fields>;

/** One broker of one: the drill is about life without it. */
const REDUNDANCY: Redundancy = { most: 1, because: 'there is one broker' };

const schema = fields.superRefine((settings, context) => refuseMoreDown(settings, REDUNDANCY, context));

const API_INTERVAL_MS = 1_000;
const ASK_TIMEOUT_MS = 3_000;
/** The API is looked at once a second: so many good looks in a row are a recovery. */
const SUSTAIN_LOOKS = 3;
const SUSTAIN_WRITES = 5;
/** Name of the API's component that needs the broker, unless set. */
const COMPONENT = 'messages';

export const rabbitmqOutage: ScenarioFactory<typeof schema> = {
  id: 'E',
  slug: 'rabbitmq-outage',
  stack: 'rabbitmq',
  stops: 1,
  title: 'RabbitMQ outage',
  purpose:
    'While the broker is away the API keeps answering and says loudly what is missing; after the restart it is whole again, and no confirmed message is lost.',
  schema,
  bind,
};

async function bind(settings: RabbitmqSettings, deps: ScenarioDeps): Promise<Drill> {
  const { world } = deps;
  const { node: broker } = settings;
  const component = settings.api.component ?? COMPONENT;
  const password = await deps.secret(settings.password);
  const target: AmqpTarget = {
    host: broker.host,
    port: broker.port,
    user: settings.user,
    password,
    vhost: settings.vhost,
  };
  const api = watchFacts(apiProbe(world, settings.api, { intervalMs: API_INTERVAL_MS }));
  const writes = watchWrites(
    amqpLedger(world, {
      name: 'messages',
      namespace: deps.namespace ?? newNamespace(world),
      node: broker.name,
      ...target,
      persistent: settings.persistent,
      intervalMs: settings.ledger.interval,
      timeoutMs: settings.ledger.timeout,
    }),
  );
  const probes = [api.probe, amqpProbe({ node: broker.name, ...target, ...timesOf(settings.probes.broker) })];
  const common = {
    ...settings,
    logs: settings.logs?.map((log) => ({ ...log, within: log.within ?? settings.loudWithin })),
  };
  const plan = buildPlan(rabbitmqOutage, common, deps, {
    component,
    needs: [],
    nodes: [nodeRef(broker)],
    maxDown: REDUNDANCY.most,
    recoversAfter: 'undo',
    longOutage: true,
    probes,
    ledgers: [writes.ledger],
    alerts: [{ name: 'RabbitmqDown', of: 'first' }],
    logs: [],
    gates: gatesOf(settings, component),
    limitsMs: [],
    notProven: [
      'a broker that freezes or is cut off instead of stopping',
      'messages that were published without a confirm, or not as persistent',
    ],
  });

  const serving = async (signal: AbortSignal) => {
    await shakeHands(target, ASK_TIMEOUT_MS, signal);
    if (!writes.acked(SUSTAIN_WRITES)) return { ok: false, detail: `confirmed messages (${broker.name} answers)` };
    const called = api.latest(component);
    if (called !== HEALTHY)
      return { ok: false, detail: `${component} healthy for the API (now ${called ?? 'not known'})` };
    return { ok: true, detail: `${broker.name} confirms messages, and the API says that ${component} is healthy` };
  };
  return {
    plan,
    probes,
    ledgers: [writes.ledger],
    preflight: (signal) => preflight(target, settings, `gameday-check-${world.random.hex(6)}`, signal),
    steady: ({ signal }) => serving(signal),
    strike: async () => [{ node: nodeRef(broker), afterMs: 0 }],
    async membersDown(signal) {
      const up = await shakeHands(target, ASK_TIMEOUT_MS, signal).then(
        () => true,
        () => false,
      );
      return up ? [] : [broker.name];
    },
    gone: (_, signal) => closedPort(world, broker, signal),
    recovered: ({ signal }) => serving(signal),
    healed: ({ signal }) => serving(signal),
  };
}

async function preflight(
  target: AmqpTarget,
  settings: RabbitmqSettings,
  queue: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const broker = await brokerCheck(target, settings.node.name, queue, signal);
  const durable = broker.status === 'ok' ? await durabilityChecks(target, settings, signal) : [];
  const checks: Check[] = [broker, ...durable];
  if (settings.logs === undefined || settings.logs.length === 0) {
    checks.push({
      name: 'logs',
      status: 'warning',
      detail: 'no log pattern is configured: whether the outage was loud cannot be judged',
      hint: 'set scenarios.E.logs, with the nodes whose log is followed and a pattern',
    });
  }
  return checks;
}

/** What stands in a queue that is not durable is gone with the broker, however its messages were published. */
async function durabilityChecks(
  target: AmqpTarget,
  { queues, persistent }: Pick<RabbitmqSettings, 'queues' | 'persistent'>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const others = await Promise.all(
    queues.map(async (queue): Promise<Check> => {
      const name = `durability of ${queue}`;
      try {
        if (await isDurable(target, queue, ASK_TIMEOUT_MS, signal))
          return okCheck(name, `${queue} is durable: what is published to it as persistent is kept`);
        return {
          name,
          status: 'unattainable',
          detail: `${queue} is not durable: not one of its messages outlives a restart of the broker`,
          hint: `declare ${queue} anew as durable, and publish to it as persistent`,
        };
      } catch (error) {
        return {
          name,
          status: 'blocked',
          detail: `${queue} at ${at(target)}: ${messageOf(error)}`,
          hint: 'correct scenarios.E.queues, or declare the queue',
        };
      }
    }),
  );
  return [ownDurability(persistent), ...others];
}

/** Pure: does what the drill publishes itself outlive a restart? A broker confirms transient messages too, and forgets them. */
export function ownDurability(persistent: boolean): Check {
  const name = 'durability';
  if (persistent)
    return okCheck(name, 'the drill’s own messages: durable queue + persistent messages + confirms = kept');
  return {
    name,
    status: 'unattainable',
    detail: 'the drill’s own messages: durable queue + transient messages + confirms = lost with the broker',
    hint: 'set scenarios.E.persistent to true, as the service that is drilled must publish too',
  };
}

async function brokerCheck(target: AmqpTarget, name: string, queue: string, signal: AbortSignal): Promise<Check> {
  const check = `broker ${name}`;
  try {
    await declareQueue(target, queue, ASK_TIMEOUT_MS, signal);
    return okCheck(check, `${at(target)} answers, and ${target.user} may declare a queue`);
  } catch (error) {
    const text = brokerWords(messageOf(error), target);
    const denied = /ACCESS[-_]REFUSED|\b403\b|NOT[-_]ALLOWED|\b530\b|virtual host/i.test(text);
    return {
      name: check,
      status: 'blocked',
      detail: `${name} at ${at(target)}: ${text}`,
      hint: denied
        ? `correct scenarios.E.user, password and vhost, and give ${target.user} the right to configure, write and read`
        : `start ${name} (see the runbook), or correct scenarios.E.node`,
    };
  }
}

/** The client does not pass on what the broker says when it closes at the last step of the handshake. */
function brokerWords(text: string, target: AmqpTarget): string {
  if (!/ConnectionOpenOk/.test(text)) return text;
  return `there is no virtual host ${target.vhost}, or ${target.user} may not use it`;
}

function gatesOf(settings: RabbitmqSettings, component: string) {
  const back = formatDuration(settings.backWithin);
  return [
    errorRun.spec('error-run', `the API has no bad run of ${formatDuration(settings.maxErrorRun)} or more`, {
      probes: ['api'],
      window: 'whole',
      limitMs: settings.maxErrorRun,
    }),
    rto.spec('back', `the API answers 200 and calls ${component} healthy within ${back} of the restart`, {
      series: { probe: 'api' },
      from: 'undo',
      limitMs: settings.backWithin,
      sustain: SUSTAIN_LOOKS,
      mustBreak: false,
      and: { probes: ['api'], key: component, to: { oneOf: [HEALTHY] }, atLeast: 1 },
    }),
    loud.spec('loud', `the outage stands in the logs within ${formatDuration(settings.loudWithin)}`, {}),
    data.spec('data', `every confirmed ${settings.persistent ? 'persistent ' : ''}message is still there`, {
      ledger: 'messages',
      maxLost: 0,
    }),
  ];
}
