import type { GroupWait } from '../core/alert.ts';
import { parseDuration } from '../core/duration.ts';

/** What Alertmanager waits where no route says otherwise. */
const DEFAULT_WAIT_MS = 30_000;

interface Route {
  /** Columns before its keys. */
  readonly indent: number;
  readonly parent: Route | undefined;
  receiver?: string;
  waitMs?: number;
  /** The key that was read last: a list item below `routes` begins a route of its own. */
  last: string;
}

/**
 * The group_wait of each receiver, from the configuration that Alertmanager shows (`config.original` of its status): YAML
 * as it writes it itself, where lists are not indented. The longest where several routes lead to one receiver.
 */
export function groupWaits(config: string): readonly GroupWait[] {
  const waits = new Map<string, number>();
  for (const route of routesOf(config)) {
    const receiver = inherited(route, 'receiver');
    const waitMs = inherited(route, 'waitMs') ?? DEFAULT_WAIT_MS;
    if (receiver !== undefined) waits.set(receiver, Math.max(waits.get(receiver) ?? 0, waitMs));
  }
  return [...waits].map(([receiver, waitMs]) => ({ receiver, waitMs }));
}

function routesOf(config: string): readonly Route[] {
  const lines = config.split('\n');
  const first = lines.indexOf('route:');
  if (first === -1) return [];
  const routes: Route[] = [{ indent: 2, parent: undefined, last: '' }];
  let route = routes[0];
  for (const line of lines.slice(first + 1)) {
    const [, spaces = '', dash = '', rest = ''] = /^( *)(- )?(.*)$/u.exec(line) ?? [];
    if (rest === '') continue;
    if (spaces === '' && dash === '') break;
    while (route?.parent !== undefined && route.indent > spaces.length) route = route.parent;
    if (route === undefined || route.indent !== spaces.length) continue;
    if (dash !== '') {
      if (route.last !== 'routes') continue;
      route = { indent: spaces.length + 2, parent: route, last: '' };
      routes.push(route);
    }
    take(route, rest);
  }
  return routes;
}

function take(route: Route, text: string): void {
  const [, key = '', value = ''] = /^([a-z_]+): ?(.*)$/u.exec(text) ?? [];
  route.last = key;
  const plain = value.replace(/^(["'])(.*)\1$/u, '$2');
  if (key === 'receiver') route.receiver = plain;
  if (key === 'group_wait') route.waitMs = parseDuration(plain);
}

function inherited<K extends 'receiver' | 'waitMs'>(route: Route, key: K): Route[K] {
  for (let one: Route | undefined = route; one !== undefined; one = one.parent)
    if (one[key] !== undefined) return one[key];
  return undefined;
}
