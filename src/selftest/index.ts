import { ofPostgres } from './a-postgres.ts';
import { ofRedis } from './b-redis.ts';
import { ofMinio } from './c-minio.ts';
import { ofHaproxy } from './d-haproxy.ts';
import { ofRabbitmq } from './e-rabbitmq.ts';
import { onPaperSabotages } from './on-paper.ts';
import type { Sabotage } from './sabotage.ts';

/** Every sabotage that gameday knows. A new one is an entry of its scenario's list. */
export const SABOTAGES: readonly Sabotage[] = [
  ...onPaperSabotages,
  ...ofPostgres,
  ...ofRedis,
  ...ofMinio,
  ...ofHaproxy,
  ...ofRabbitmq,
];
