import type { Condition } from '../core/scenario.ts';
import type { Blueprint, StackPlan } from './blueprint.ts';
import { bootMinio, minioHealth } from './bootstrap/minio.ts';
import { monitoringHealth } from './bootstrap/monitoring.ts';
import { bootPostgres, postgresHealth } from './bootstrap/postgres.ts';
import { bootRedis, redisHealth } from './bootstrap/redis.ts';
import { bootPlain, nodesUp, webHealth } from './bootstrap/simple.ts';
import type { Lab } from './lab.ts';
import { planMinio } from './nodes/minio.ts';
import { planMonitoring } from './nodes/monitoring.ts';
import { planPostgres } from './nodes/postgres.ts';
import { planRabbitmq } from './nodes/rabbitmq.ts';
import { planRedis } from './nodes/redis.ts';
import { planWeb } from './nodes/web.ts';
import type { Stack } from './tools.ts';

/** What the lab knows about a stack: its nodes, its first start, and when it is well. */
export interface StackKind {
  plan(blueprint: Blueprint): StackPlan;
  /** Starts the nodes for the first time and waits until the stack is well. Resolves with what was seen. */
  boot(lab: Lab, blueprint: Blueprint): Promise<string>;
  healthy(lab: Lab): Promise<Condition>;
  /** Node that must be up before the others are started again: without it they wait much longer than it takes to start. */
  readonly first?: string;
}

/** The critical path first. */
export const STACK_KINDS: Readonly<Record<Stack, StackKind>> = {
  postgres: {
    plan: planPostgres,
    boot: (lab, blueprint) => bootPostgres(lab, blueprint.postgres.owner),
    healthy: postgresHealth,
    first: 'pg-monitor',
  },
  redis: { plan: planRedis, boot: bootRedis, healthy: redisHealth },
  minio: { plan: planMinio, boot: bootMinio, healthy: minioHealth },
  haproxy: { plan: planWeb, boot: (lab) => bootPlain(lab, 'haproxy', webHealth), healthy: webHealth },
  rabbitmq: {
    plan: planRabbitmq,
    boot: (lab) => bootPlain(lab, 'rabbitmq', (at) => nodesUp(at, 'rabbitmq')),
    healthy: (lab) => nodesUp(lab, 'rabbitmq'),
  },
  monitoring: {
    plan: planMonitoring,
    boot: (lab) => bootPlain(lab, 'monitoring', monitoringHealth),
    healthy: monitoringHealth,
  },
};
