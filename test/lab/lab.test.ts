import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LabState } from '../../src/core/lab-state.ts';
import type { NodeRef } from '../../src/core/node.ts';
import { labDown } from '../../src/lab/down.ts';
import type { Step } from '../../src/lab/lab.ts';
import { labSettings } from '../../src/lab/settings.ts';
import { findLabState, readLabState, writeLabState } from '../../src/lab/state.ts';
import { findTools, STACKS } from '../../src/lab/tools.ts';
import { labUp } from '../../src/lab/up.ts';
import { createLabPlatform } from '../../src/platforms/lab.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { livingOf } from '../support/tiny-lab.ts';

const world = createWorld();
const UP_MS = 120_000;
let place: string;
let folder: string;
let state: LabState;
let memoryBefore: readonly string[];
let segmentsBefore: readonly string[];

const up = (steps: Step[] = [], signal = AbortSignal.timeout(UP_MS)): Promise<LabState> =>
  labUp(world, { folder, defaults: false, skip: [], onStep: (step) => void steps.push(step), signal });

const ref = (name: string): NodeRef => ({ name, platform: 'lab', labels: { node: name } });

async function states(): Promise<Readonly<Record<string, string>>> {
  const platform = createLabPlatform(world, state);
  const seen = state.nodes.map(async ({ name }) => {
    const { state: now } = await platform.inspect(ref(name), AbortSignal.timeout(10_000));
    return [name, now] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}

const allUp = (): Readonly<Record<string, string>> => Object.fromEntries(state.nodes.map(({ name }) => [name, 'up']));

/** Names of Postgres' POSIX segments, of the whole machine. */
async function segments(): Promise<readonly string[]> {
  return ((await world.fs.list('/dev/shm')) ?? []).filter((name) => name.startsWith('PostgreSQL.'));
}

/** Semaphores and SysV shared memory of the whole machine: kind, key and id. */
async function memory(): Promise<readonly string[]> {
  const rows = await Promise.all(
    ['sem', 'shm'].map(async (kind) => {
      const lines = ((await world.fs.readText(`/proc/sysvipc/${kind}`)) ?? '').trim().split('\n').slice(1);
      return lines.map((line) => `${kind} ${line.trim().split(/\s+/).slice(0, 2).join(' ')}`);
    }),
  );
  return rows.flat();
}

/** Local addresses that a process of the lab listens on. */
async function listening(): Promise<readonly string[]> {
  const pids = (await livingOf(world, state)).map((entry) => Number(entry.split(' ')[0]));
  // One command for all of them: a hundred of them take longer than a server's name look-up.
  const folders = pids.map((pid) => `/proc/${pid}/fd`);
  const { stdout } = await world.exec.run('ls', ['-l', ...folders], { timeoutMs: 10_000 });
  const inodes = new Set([...stdout.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode));
  const found: string[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const line of ((await world.fs.readText(`/proc/net/${table}`)) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      // The kernel's states: LISTEN, and for UDP one that has no single peer.
      const listens = fields[3] === (table.startsWith('udp') ? '07' : '0A');
      if (listens && inodes.has(fields[9] ?? '')) found.push(`${table} ${fields[1]?.split(':')[0]}`);
    }
  }
  return [...new Set(found)].sort();
}

beforeAll(async () => {
  // People have blanks in the names of their folders.
  place = await mkdtemp(join(tmpdir(), 'gameday lab test '));
  folder = join(place, 'lab');
  [memoryBefore, segmentsBefore] = [await memory(), await segments()];
  const { missing } = await findTools(world);
  expect(missing, 'the lab needs all of its servers for this test').toEqual([]);
  state = await up();
});

afterAll(async () => {
  await labDown(world, folder);
  await rm(place, { recursive: true, force: true });
});

describe('lab', () => {
  test('is up: every node of every stack', async () => {
    expect(await states()).toEqual(allUp());
    expect(new Set(state.nodes.map((node) => node.stack))).toEqual(new Set(STACKS));
    expect(await readLabState(world, folder)).toEqual(state);
  });

  test('listens on loopback only', async () => {
    // 127.0.0.1 and ::1 as the kernel writes them.
    const loopback = ['tcp 0100007F', 'tcp6 00000000000000000000000001000000'];
    // A server that looks a name up while it starts has a UDP socket open for a moment; one that listens keeps it.
    await vi.waitFor(
      async () => {
        const found = await listening();
        expect(found).toContain('tcp 0100007F');
        expect(found.filter((address) => !loopback.includes(address))).toEqual([]);
      },
      { timeout: 60_000, interval: 500 },
    );
  });

  test('has no password in any argument, and every file with one is private', async () => {
    const names = (await world.fs.list(state.secretsFolder)) ?? [];
    const secrets = await Promise.all(names.map((name) => world.fs.readText(join(state.secretsFolder, name))));
    const values = secrets
      .flatMap((text) => (text ?? '').split(/[\n=]/))
      .filter((word) => /^[0-9a-f]{16,}$/.test(word));
    expect(values.length).toBeGreaterThanOrEqual(6);
    for (const entry of await livingOf(world, state)) {
      const args = (await world.fs.readText(`/proc/${entry.split(' ')[0]}/cmdline`)) ?? '';
      expect(values.filter((value) => args.includes(value))).toEqual([]);
    }
    const { stdout } = await world.exec.run('grep', ['-rlF', ...values.flatMap((value) => ['-e', value]), folder], {
      timeoutMs: 10_000,
    });
    const files = stdout.trim().split('\n');
    expect(files.length).toBeGreaterThan(10);
    const { stdout: modes } = await world.exec.run('stat', ['-c', '%a', ...files], { timeoutMs: 10_000 });
    expect([...new Set(modes.trim().split('\n'))]).toEqual(['600']);
  });

  test('lets the app role in with its password only', async () => {
    const { Client } = await import('pg');
    const port = state.nodes.find((node) => node.name === 'pg-1')?.ports.sql;
    const as = (password: string) =>
      new Client({ host: '127.0.0.1', port, user: 'app', database: 'app', password, connectionTimeoutMillis: 5_000 });
    await expect(as('wrong').connect()).rejects.toThrow('password authentication failed');
    const right = as((await world.fs.readText(join(state.secretsFolder, 'postgres'))) ?? '');
    await right.connect();
    expect((await right.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await right.end();
  });

  test('says what a gameday.yaml for it would say', () => {
    const settings = labSettings(state);
    expect(Object.keys(settings.scenarios ?? {})).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(settings).toMatchObject({ version: 1, environment: { name: 'lab', kind: 'lab' } });
  });

  test('a second lab up changes nothing', async () => {
    const before = await livingOf(world, state);
    const steps: Step[] = [];
    expect(await up(steps)).toEqual(state);
    for (const step of steps) expect(step.detail).toMatch(/^was up/);
    expect(steps.length).toBe(STACKS.length);
    const after = await livingOf(world, state);
    const leaders = state.nodes.flatMap((node) =>
      node.processes.map((one) => one.file.split('/').at(-1)?.slice(0, 15)),
    );
    const lasting = (all: readonly string[]) => all.filter((one) => leaders.includes(one.split(' ')[1]));
    expect(lasting(after)).toEqual(lasting(before));
  });

  test('every node can be killed and comes back', async () => {
    const platform = createLabPlatform(world, state);
    // One of a stack at a time, as a drill does it; the stacks beside each other.
    const stacks = STACKS.map((stack) => state.nodes.filter((node) => node.stack === stack));
    for (let round = 0; round < Math.max(...stacks.map((nodes) => nodes.length)); round += 1) {
      await Promise.all(
        stacks.map(async (nodes) => {
          const name = nodes[round]?.name;
          if (name === undefined) return;
          await platform.stop(ref(name), { signal: AbortSignal.timeout(10_000) });
          expect((await platform.inspect(ref(name), AbortSignal.timeout(10_000))).state).toBe('down');
          await platform.start(ref(name), { signal: AbortSignal.timeout(10_000) });
        }),
      );
      // Every stack as a whole is well again (roles, quorums, writes) before its next node dies.
      await up();
    }
    expect(await states()).toEqual(allUp());
  });

  test('a stop leaves no semaphore behind once the node was started again', async () => {
    const platform = createLabPlatform(world, state);
    const signal = (): AbortSignal => AbortSignal.timeout(20_000);
    const before = (await memory()).length;
    await platform.stop(ref('pg-2'), { signal: signal() });
    await platform.start(ref('pg-2'), { signal: signal() });
    await up();
    expect((await memory()).length).toBe(before);
  });

  test('lab up repairs a crashed lab', async () => {
    const platform = createLabPlatform(world, state);
    await Promise.all(state.nodes.map(({ name }) => platform.stop(ref(name), { signal: AbortSignal.timeout(20_000) })));
    expect(await livingOf(world, state)).toEqual([]);
    const steps: Step[] = [];
    expect((await up(steps)).id).toBe(state.id);
    for (const step of steps) expect(step.detail).toMatch(/^started/);
    expect(await states()).toEqual(allUp());
  });

  test('lab down works where the state file is damaged, and leaves nothing', async () => {
    await world.fs.write(join(folder, 'lab.json'), '{"version": 1,');
    await expect(findLabState(world, folder)).rejects.toMatchObject({ code: 'lab-state-corrupt' });
    expect(await labDown(world, folder)).toBe(true);
    await expectNothingLeft();
    // After all the kills above. Where the very first start of a server is cut off its settings are not the lab's yet.
    expect((await segments()).filter((one) => !segmentsBefore.includes(one))).toEqual([]);
    expect(await labDown(world, folder)).toBe(false);
    await expect(readLabState(world, folder)).rejects.toMatchObject({ code: 'lab-not-running' });
  });

  test('an interrupted lab up leaves no process, and the next one starts anew', async () => {
    const interrupt = new AbortController();
    const steps: Step[] = [];
    const first = labUp(world, {
      folder,
      defaults: false,
      skip: ['minio', 'rabbitmq', 'haproxy', 'monitoring'],
      onStep: (step) => {
        steps.push(step);
        if (step.name === 'redis') interrupt.abort();
      },
      signal: interrupt.signal,
    });
    await expect(first).rejects.toMatchObject({ code: 'lab-up-interrupted', exitCode: 130 });
    state = await readLabState(world, folder);
    expect(state.phase).toBe('starting');
    expect(await livingOf(world, state)).toEqual([]);
    expect(await labDown(world, folder)).toBe(true);
    await expectNothingLeft();
  });

  test('a second lab can stand beside, and its end is not the end of the first', async () => {
    const others = ['one', 'two'].map((name) => join(place, name));
    const skip = ['postgres', 'minio', 'rabbitmq', 'haproxy', 'monitoring'] as const;
    const signal = AbortSignal.timeout(UP_MS);
    const [one, two] = await Promise.all(
      others.map((path) => labUp(world, { folder: path, defaults: true, skip, onStep: () => undefined, signal })),
    );
    if (one === undefined || two === undefined) throw new Error('two labs were asked for');
    try {
      await labDown(world, one.folder);
      state = two;
      expect(await states()).toEqual(allUp());
      // What was never finished is no lab to repair.
      await writeLabState(world, { ...two, phase: 'starting' });
      state = await labUp(world, { folder: two.folder, defaults: true, skip, onStep: () => undefined, signal });
      expect(state.id).not.toBe(two.id);
    } finally {
      for (const path of others) await labDown(world, path);
    }
    expect(await livingOf(world, state)).toEqual([]);
  });
});

async function expectNothingLeft(): Promise<void> {
  expect(await livingOf(world, state)).toEqual([]);
  expect(await world.fs.exists(folder)).toBe(false);
  expect(await world.fs.exists(state.runFolder)).toBe(false);
  expect((await memory()).filter((one) => !memoryBefore.includes(one))).toEqual([]);
  const busy = state.nodes.flatMap((node) => Object.values(node.ports));
  for (const port of busy) await expect(world.net.knock({ host: '127.0.0.1', port }, 1_000)).rejects.toThrow();
}
