import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRules, prometheusConfig } from '../../src/lab/prometheus.ts';
import { readAlertingTimes } from '../../src/probes/alert-times.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { freePorts, program, ServerRoom, until } from '../support/real-servers.ts';

const prometheus = program('prometheus');
const alertmanager = program('prometheus-alertmanager', 'alertmanager');
const missing = [
  ...(prometheus === undefined ? ['prometheus'] : []),
  ...(alertmanager === undefined ? ['alertmanager'] : []),
];
if (missing.length > 0) console.warn(`not tested, not installed: ${missing.join(', ')}`);

const ROUTES = `route:
  receiver: none
  group_wait: 10s
  routes:
    - receiver: none
      group_wait: 1m
      matchers: [severity="warning"]
receivers:
  - name: none
`;

describe.skipIf(missing.length > 0)('what an alert waits for, asked of the real servers', () => {
  let room: ServerRoom;
  const ports = { own: 0, delivery: 0 };

  beforeAll(async () => {
    room = await ServerRoom.open();
    [ports.own = 0, ports.delivery = 0] = await freePorts(2);
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(room.folder, name);
      await writeFile(path, content);
      return path;
    };
    const rulesFile = await file('rules.yml', alertRules({ tuned: true }));
    const config = prometheusConfig({
      scrapes: [{ job: 'postgres', node: 'pg-1', target: '127.0.0.1:1' }],
      rulesFile,
      alertmanager: `127.0.0.1:${ports.delivery}`,
    });
    room.start(prometheus ?? '', [
      `--config.file=${await file('prometheus.yml', config)}`,
      `--storage.tsdb.path=${join(room.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.own}`,
    ]);
    room.start(alertmanager ?? '', [
      `--config.file=${await file('alertmanager.yml', ROUTES)}`,
      `--storage.path=${join(room.folder, 'alerts')}`,
      `--web.listen-address=127.0.0.1:${ports.delivery}`,
      '--cluster.listen-address=',
    ]);
  });

  afterAll(() => room.close());

  it('is the scrape interval of the rule’s job, its group’s interval, its for, and the waits of all routes', async () => {
    const urls = {
      prometheusUrl: `http://127.0.0.1:${ports.own}`,
      alertmanagerUrl: `http://127.0.0.1:${ports.delivery}/`,
    };
    const times = await until('both servers answer, with their rules and targets', async () => {
      const seen = await readAlertingTimes(createWorld(), urls, 5_000, AbortSignal.timeout(5_000));
      return seen.alerts.some(({ scrapeMs }) => scrapeMs !== undefined) ? seen : undefined;
    });
    const down = { name: 'PostgresNodeDown', scrapeMs: 1_000, evaluationMs: 1_000, forMs: 5_000 };
    expect(times.alerts).toContainEqual(down);
    expect(times.delivery).toEqual({ leastMs: 10_000, mostMs: 60_000 });
  });
});
