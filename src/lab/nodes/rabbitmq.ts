import { join } from 'node:path';
import { type Blueprint, LOOPBACK, NAMES, type StackPlan } from '../blueprint.ts';
import { plainPlaceOf } from '../layout.ts';

/** What every Erlang program of a broker needs, the port mapper (epmd) included: its cookie lies in the folder. */
export function erlangEnv(folder: string, epmdPort: number): Readonly<Record<string, string>> {
  return {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: LOOPBACK,
    // Loopback between brokers too. For every Erlang program: the broker's script starts one of its own first.
    ERL_FLAGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}

export interface BrokerPlace {
  /** `name@host`, as Erlang has it. */
  readonly name: string;
  readonly port: number;
  readonly distPort: number;
  readonly epmdPort: number;
}

/** A broker that keeps all it has in one folder, listens on loopback alone and logs to its output. */
export function brokerEnv(folder: string, broker: BrokerPlace): Readonly<Record<string, string>> {
  const file = (name: string): string => join(folder, name);
  return {
    ...erlangEnv(folder, broker.epmdPort),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf'),
    RABBITMQ_NODENAME: broker.name,
    RABBITMQ_NODE_PORT: String(broker.port),
    RABBITMQ_NODE_IP_ADDRESS: LOOPBACK,
    RABBITMQ_DIST_PORT: String(broker.distPort),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_PID_FILE: file('rabbitmq.pid'),
    // No busy waiting: the lab shares its cores.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none',
  };
}

/** One broker with its own port mapper (epmd): one that Erlang starts by itself would outlive the broker. */
export function planRabbitmq(blueprint: Blueprint): StackPlan {
  const programs = blueprint.tools.rabbitmq;
  if (programs === undefined) return { nodes: [], folders: [], files: [] };
  const { ports, secrets } = blueprint;
  const place = plainPlaceOf(blueprint, 'rabbitmq');
  const file = (name: string): string => join(place.folder, name);
  return {
    nodes: [
      {
        name: 'rabbitmq',
        stack: 'rabbitmq',
        ...place,
        ports: { amqp: ports.rabbitmq, metrics: ports['rabbitmq-metrics'] },
        processes: [
          {
            name: 'epmd',
            file: programs.epmd,
            args: ['-address', LOOPBACK, '-port', String(ports.epmd)],
            cwd: place.folder,
            env: erlangEnv(place.folder, ports.epmd),
          },
          {
            name: 'rabbitmq-server',
            file: programs.server,
            args: [],
            cwd: place.folder,
            env: brokerEnv(place.folder, {
              name: `gameday-${blueprint.id}@localhost`,
              port: ports.rabbitmq,
              distPort: ports['rabbitmq-dist'],
              epmdPort: ports.epmd,
            }),
          },
        ],
        prepare: [{ kind: 'remove-files', paths: [file('rabbitmq.pid')] }],
        ready: [{ kind: 'tcp', port: ports.rabbitmq }],
      },
    ],
    folders: [place.folder, file('mnesia'), file('log')].map((path) => ({ path })),
    files: [
      {
        path: file('rabbitmq.conf'),
        // The user is made at the first start, from here and not by a command: no secret in any argument.
        content: [
          `default_user = ${NAMES.rabbitUser}`,
          `default_pass = ${secrets.rabbitmq}`,
          `prometheus.tcp.ip = ${LOOPBACK}`,
          `prometheus.tcp.port = ${ports['rabbitmq-metrics']}`,
          'vm_memory_high_watermark.absolute = 512MB',
          'disk_free_limit.absolute = 50MB',
          '',
        ].join('\n'),
      },
      { path: file('rabbitmq-env.conf'), content: leanHome(file('lean')) },
      { path: file('enabled_plugins'), content: '[rabbitmq_prometheus].\n' },
      { path: file('advanced.config'), content: '[].\n' },
      { path: file('.erlang.cookie'), content: secrets['erlang-cookie'] },
    ],
  };
}

/**
 * The file that RabbitMQ's own scripts read first, a piece of shell. The broker looks for each module in the folder of
 * every plugin that is installed; in a home with the few that the lab uses it is up in two thirds of the time.
 */
function leanHome(folder: string): string {
  return `lean='${folder.replaceAll("'", `'\\''`)}'
[ -d "$RABBITMQ_HOME/plugins" ] || return 0
if [ ! -d "$lean" ]; then
  rm -rf "$lean.new"
  mkdir -p "$lean.new/plugins"
  for plugin in "$RABBITMQ_HOME"/plugins/*; do
    case "\${plugin##*/}" in
      rabbitmq_prelaunch* | rabbitmq_prometheus* | rabbitmq_management_agent* | rabbitmq_web_dispatch* | rabbitmq_amqp1_0*) ;;
      rabbitmq_*) continue ;;
    esac
    ln -s "$plugin" "$lean.new/plugins/"
  done
  mv "$lean.new" "$lean"
fi
RABBITMQ_HOME=$lean
`;
}
