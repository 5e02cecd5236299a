import type { JsonObject } from '../core/json.ts';
import type { LabNode, LabState } from '../core/lab-state.ts';
import { LOOPBACK, NAMES, type SecretName } from './blueprint.ts';
import { nodeNamed, nodesOf, portOf } from './lab.ts';

/**
 * What a gameday.yaml for this lab would say, as plain data that is still to be read by the configuration's schema:
 * every drill whose stack was started, each with its endpoints; passwords as `{ file }`.
 */
export function labSettings(state: LabState): JsonObject {
  const monitoring = has(state, 'prometheus')
    ? {
        prometheus: { url: httpUrl(state, 'prometheus'), jobs: ['api'] },
        alertmanager: { url: httpUrl(state, 'alertmanager') },
      }
    : {};
  return {
    version: 1,
    environment: { name: 'lab', kind: 'lab' },
    ...monitoring,
    scenarios: {
      ...(has(state, 'pg-monitor') && { A: postgresDrill(state) }),
      ...(has(state, 'redis-1') && { B: redisDrill(state) }),
      ...(has(state, 'minio-1') && { C: minioDrill(state) }),
      ...(has(state, 'haproxy') && { D: haproxyDrill(state) }),
      ...(has(state, 'rabbitmq') && { E: rabbitmqDrill(state) }),
    },
  };
}

function postgresDrill(state: LabState): JsonObject {
  const data = nodesOf({ state }, 'postgres').filter((node) => node.name !== 'pg-monitor');
  return {
    api: api(state),
    nodes: data.map((node) => ({ ...ref(node), ...at(node, 'sql') })),
    monitor: at(nodeNamed({ state }, 'pg-monitor'), 'sql'),
    database: NAMES.database,
    user: NAMES.databaseUser,
    password: secret(state, 'postgres'),
    logs: [apiLog('the API misses its database', '"level":"error".*database \\(postgres\\) unavailable')],
  };
}

function redisDrill(state: LabState): JsonObject {
  return {
    api: api(state),
    nodes: nodesOf({ state }, 'redis').map((node) => ({
      ...ref(node),
      ...at(node, 'redis'),
      sentinelPort: portOf(node, 'sentinel'),
    })),
    masterName: NAMES.redisMaster,
    password: secret(state, 'redis'),
    logs: [apiLog('the API misses its cache', '"level":"error".*cache \\(redis\\) (degraded|unavailable)')],
  };
}

function minioDrill(state: LabState): JsonObject {
  return {
    api: api(state),
    nodes: nodesOf({ state }, 'minio').map((node) => ({ ...ref(node), url: httpUrl(state, node.name) })),
    accessKey: secret(state, 'minio-access'),
    secretKey: secret(state, 'minio-secret'),
  };
}

/**
 * The tuned HAProxy loses no request. Without redispatch errors last for 2 s to 3 s, which the promise to real users would
 * let pass; a busy machine that stalls for a second is none of it. The shipped defaults have no redispatch: there that
 * promise holds.
 */
const LAB_ERROR_RUN = '1500ms';

function haproxyDrill(state: LabState): JsonObject {
  const balancer = nodeNamed({ state }, 'haproxy');
  const backends = nodesOf({ state }, 'haproxy').filter((node) => node !== balancer);
  return {
    api: api(state),
    nodes: backends.map((node) => ({ ...ref(node), ...at(node, 'http') })),
    stats: at(balancer, 'stats'),
    ...configFile(balancer),
    url: httpUrl(state, 'haproxy'),
    ws: `ws://${LOOPBACK}:${portOf(balancer, 'http')}/ws`,
    ...(state.defaults ? {} : { maxErrorRun: LAB_ERROR_RUN }),
  };
}

/** The file that the balancer was started with. */
function configFile({ processes }: LabNode): JsonObject {
  const [first] = processes;
  const path = first?.args[first.args.indexOf('-f') + 1];
  return path === undefined || !path.startsWith('/') ? {} : { configFile: path };
}

function rabbitmqDrill(state: LabState): JsonObject {
  const broker = nodeNamed({ state }, 'rabbitmq');
  return {
    api: api(state),
    node: { ...ref(broker), ...at(broker, 'amqp') },
    user: NAMES.rabbitUser,
    password: secret(state, 'rabbitmq'),
    queues: [NAMES.queue],
    logs: [apiLog('the API says that the broker is out', '"level":"error".*messages \\(rabbitmq\\) unavailable')],
  };
}

/** Through the balancer, or to the first server where there is no balancer. */
function api(state: LabState): JsonObject {
  return { url: httpUrl(state, has(state, 'haproxy') ? 'haproxy' : 'api-1') };
}

/** An error line of either instance of the API. */
function apiLog(name: string, pattern: string): JsonObject {
  return { name, nodes: ['api-1', 'api-2'], pattern };
}

function ref(node: LabNode): JsonObject {
  return { name: node.name, platform: 'lab', labels: { node: node.name } };
}

function at(node: LabNode, purpose: string): JsonObject {
  return { host: LOOPBACK, port: portOf(node, purpose) };
}

function httpUrl(state: LabState, name: string): string {
  return `http://${LOOPBACK}:${portOf(nodeNamed({ state }, name), 'http')}`;
}

function secret(state: LabState, name: SecretName): JsonObject {
  return { file: `${state.secretsFolder}/${name}` };
}

function has(state: LabState, name: string): boolean {
  return state.nodes.some((node) => node.name === name);
}
