import { expect } from 'vitest';
import { z } from 'zod';
import { type LabBase, loadConfig } from '../../src/config/load.ts';
import { EXIT, GamedayError } from '../../src/core/errors.ts';
import { minioSettings } from '../../src/scenarios/c-minio-settings.ts';
import { alertExpectation, duration, logExpectation, node, secretRef } from '../../src/scenarios/settings.ts';
import type { SimWorld } from './sim-world.ts';

const scenarios = [
  {
    id: 'A',
    title: 'a drill',
    stops: 1,
    schema: z.strictObject({
      nodes: z.array(node.extend({ host: z.string().min(1), port: z.int().min(1).max(65_535) })).min(2),
      password: secretRef.optional(),
      rto: duration.default(60_000),
      maxLost: z.int().min(0).default(0),
      alerts: z.array(alertExpectation).optional(),
      logs: z.array(logExpectation).optional(),
    }),
  },
  {
    id: 'B',
    title: 'another drill',
    stops: 2,
    schema: z.strictObject({
      url: z.url(),
      alerts: z.array(alertExpectation).optional(),
      healing: minioSettings.shape.healing.unwrap().optional(),
    }),
  },
];

const labNodes = [
  { name: 'n-1', platform: 'lab', host: '127.0.0.1', port: 5001 },
  { name: 'n-2', platform: 'lab', host: '127.0.0.1', port: 5002 },
];

/** A lab with both scenarios. */
export const LAB: LabBase = {
  folder: '/srv/.gameday',
  nodes: ['n-1', 'n-2', 'web-1'],
  settings: {
    version: 1,
    environment: { name: 'lab', kind: 'lab' },
    prometheus: { url: 'http://127.0.0.1:9090' },
    scenarios: {
      A: { nodes: labNodes, password: { file: '/srv/.gameday/secrets/pg' } },
      B: { url: 'http://127.0.0.1:80' },
    },
  },
};

/** A right file of its own, for other machines. */
export const OWN = `version: 1
environment:
  name: mine
  kind: staging
scenarios:
  A:
    nodes:
      - { name: n-1, platform: ssh, host: db1, port: 5432 }
      - { name: n-2, platform: ssh, host: db2, port: 5432 }
`;

/** Loads what stands in the world's files. */
export function load(
  world: SimWorld,
  options: {
    readonly file?: string;
    readonly platforms?: readonly string[];
    readonly lab?: () => Promise<LabBase | undefined>;
  } = {},
) {
  return loadConfig({
    world,
    file: options.file,
    scenarios,
    platforms: options.platforms ?? ['lab', 'ssh', 'docker'],
    lab: options.lab ?? (async () => undefined),
  });
}

/** What is wrong with a file of this text: it must be refused as a usage error. */
export async function problemsOf(world: SimWorld, text: string, lab?: LabBase): Promise<GamedayError> {
  await world.fs.write('/srv/gameday.yaml', text);
  const error = await load(world, { lab: async () => lab }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GamedayError)) throw new Error(`expected a GamedayError, got ${String(error)}`);
  expect(error.exitCode).toBe(EXIT.usage);
  return error;
}
