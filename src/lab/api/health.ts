import type { Component, ComponentState, Status } from './component.ts';

export interface Health {
  readonly status: Status;
  readonly servedBy: string;
  readonly components: Readonly<Record<string, ComponentState>>;
}

/**
 * The service's health out of the last known states of its components. One that is out costs features, not the service:
 * it is unhealthy only when all of them are out and it can serve nothing.
 */
export function healthOf(servedBy: string, components: readonly Component[]): Health {
  const states = components.map((component) => component.state);
  return {
    status: overall(states.map((state) => state.status)),
    servedBy,
    components: Object.fromEntries(components.map((component) => [component.name, component.state])),
  };
}

function overall(statuses: readonly Status[]): Status {
  if (statuses.every((status) => status === 'healthy')) return 'healthy';
  return statuses.some((status) => status !== 'unhealthy') ? 'degraded' : 'unhealthy';
}
