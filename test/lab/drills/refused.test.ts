import { describe, expect, test } from 'vitest';
import {
  expectAllUp,
  findSession,
  labStatus,
  lacks,
  onWellLab,
  readSession,
  runToEnd,
} from '../../support/lab-drills.ts';
import { withNodesDown } from '../../support/lab-sabotage.ts';

onWellLab();

describe.skipIf(lacks('minio'))('C with three of its nodes down', () => {
  test('is refused before the first fault, and the nodes are named', async () => {
    const down = ['minio-2', 'minio-3', 'minio-4'];
    await withNodesDown(down, async () => {
      const { code, json, stderr, sessions } = await runToEnd({ only: 'C' });
      expect(code).toBe(3);
      expect(json.verdict).toBeUndefined();
      expect(json.error?.code).toBe('preflight');
      expect(json.error?.message).toMatch(/refused before the first fault, nothing was broken/);
      for (const name of down) {
        expect(json.error?.message).toContain(`${name} `);
        expect(json.error?.hint).toContain(`gameday lab start ${name}`);
        expect(stderr).toContain(name);
      }
      const { records } = await readSession((await findSession(sessions)) ?? '');
      expect(records.filter((one) => one.type === 'scenario.started' || one.type === 'undo.armed')).toEqual([]);
      expect((await labStatus()).notUp).toEqual(down);
    });
    await expectAllUp();
  });
});

describe.skipIf(lacks('postgres') || lacks('haproxy'))('A with the balancer down, through which users come', () => {
  test('is refused before the first fault, and the balancer is named', async () => {
    await withNodesDown(['haproxy'], async () => {
      const { code, json, sessions } = await runToEnd({ only: 'A' });
      expect(code).toBe(3);
      expect(json.error?.code).toBe('preflight');
      expect(json.error?.message).toMatch(/haproxy is down \(no process\), and users go through it/);
      expect(json.error?.hint).toContain('gameday lab start haproxy');
      const { records } = await readSession((await findSession(sessions)) ?? '');
      expect(records.filter((one) => one.type === 'scenario.started' || one.type === 'undo.armed')).toEqual([]);
    });
    await expectAllUp();
  });
});
