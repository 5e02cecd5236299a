import { postgresFailover } from './a-postgres-failover.ts';
import { redisSentinelFailover } from './b-redis-sentinel-failover.ts';
import { minioTwoNodeKill } from './c-minio-two-node-kill.ts';
import { haproxyBackendKill } from './d-haproxy-backend-kill.ts';
import { rabbitmqOutage } from './e-rabbitmq-outage.ts';
import type { ScenarioFactory } from './scenario.ts';

/** Every drill that gameday knows, in the order in which a session runs them. A new one is a file here and a line below. */
export const SCENARIOS: readonly ScenarioFactory[] = [
  postgresFailover,
  redisSentinelFailover,
  minioTwoNodeKill,
  haproxyBackendKill,
  rabbitmqOutage,
];
