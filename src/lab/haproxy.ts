/** HAProxy's configuration in the lab: one backend `api` with a health check, a sticky cookie and WebSocket. */

export interface HaproxyOptions {
  /** Where users come in. All ports are bound on 127.0.0.1 only. */
  readonly frontPort: number;
  /** The stats socket over TCP, at level admin. */
  readonly statsPort: number;
  /** HAProxy's own Prometheus endpoint, `/metrics`. */
  readonly metricsPort: number;
  readonly servers: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** Settings of a good operator, or else the defaults as shipped by HAProxy and Debian. */
  readonly tuned: boolean;
}

/** The configuration file's text. Run it with `haproxy -f FILE -db`. */
export function haproxyConfig(options: HaproxyOptions): string {
  return `# Written by gameday's lab.
global
  maxconn 2000
  log stdout format raw local0
  stats socket ipv4@127.0.0.1:${options.statsPort} level admin
  stats timeout 30s

defaults
  mode http
  log global
  option httplog
  option dontlog-normal
${timeouts(options.tuned)}
frontend users
  bind 127.0.0.1:${options.frontPort}
  default_backend api

backend api
  balance roundrobin
  cookie GAMEDAY_BACKEND insert indirect nocache
  option httpchk GET /api/v1/health
  http-check expect status 200
${retries(options.tuned)}${checks(options.tuned)}${options.servers.map(server).join('')}
frontend metrics
  bind 127.0.0.1:${options.metricsPort}
  http-request use-service prometheus-exporter if { path /metrics }
  http-request return status 404
`;
}

/** The API gives up on a dependency after 4 s; a server that takes longer than 6 s will not answer any more. */
function timeouts(tuned: boolean): string {
  if (!tuned) {
    return `  timeout connect 5s
  timeout client 50s
  timeout server 50s
`;
  }
  return `  timeout connect 500ms
  timeout queue 1s
  timeout check 1s
  timeout http-request 5s
  timeout client 30s
  timeout server 6s
  # A WebSocket may be quiet for long.
  timeout tunnel 1h
`;
}

/**
 * With `redispatch 1` each retry goes to another server at once, where plain `redispatch` tries the dead one for a
 * second or two. A request that a server may have begun to carry out is repeated only if repeating it is harmless.
 */
function retries(tuned: boolean): string {
  if (!tuned) return '';
  return `  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  http-request disable-l7-retry if !{ method GET HEAD }
`;
}

function checks(tuned: boolean): string {
  return tuned ? '  default-server check inter 1s fall 3 rise 2\n' : '  default-server check\n';
}

function server({ name, host, port }: HaproxyOptions['servers'][number]): string {
  return `  server ${name} ${host}:${port} cookie ${name}\n`;
}
