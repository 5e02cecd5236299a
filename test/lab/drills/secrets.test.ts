import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  command,
  expectAllUp,
  expectSealed,
  findSession,
  labFolder,
  labState,
  lacks,
  newFolder,
  secretsOfLab,
  startRun,
  wellLab,
} from '../../support/lab-drills.ts';
import { type Ended, endPrograms } from '../../support/lab-program.ts';
import { filesBelow, holding } from '../../support/leaks.ts';

afterEach(endPrograms);

/** Command lines of every process of this machine that hold one of these words. */
async function tellTales(words: readonly string[]): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0))));
  return lines.filter((line) => words.some((word) => line.includes(word))).map(String);
}

const IDS = [
  { id: 'A', stack: 'postgres' },
  { id: 'E', stack: 'rabbitmq' },
];

describe.skipIf(IDS.every(({ stack }) => lacks(stack)))('a drill with the passwords of the lab as canaries', () => {
  const only = IDS.filter(({ stack }) => !lacks(stack))
    .map(({ id }) => id)
    .join('');
  let secrets: readonly string[];
  let end: Ended;
  let sessions: string;
  let samples = 0;
  const seen = new Set<string>();

  beforeAll(async () => {
    await wellLab();
    secrets = await secretsOfLab();
    const run = await startRun({ only });
    sessions = run.sessions;
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const line of await tellTales(secrets)) seen.add(line);
        samples += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    end = await run.ended;
    over = true;
    await watching;
  });

  test('is a whole drill', async () => {
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    expect(samples).toBeGreaterThan(50);
    const { records } = await expectSealed((await findSession(sessions)) ?? '');
    expect(records.filter((one) => one.type === 'fault.proven').length).toBe(only.length);
    expect(JSON.parse(end.stdout)).toMatchObject({ restored: true });
    await expectAllUp();
  });

  test('shows them in no command line of any process', () => {
    expect([...seen]).toEqual([]);
  });

  test('writes and shows them nowhere', async () => {
    const texts = new Map<string, Buffer | string>([
      ...(await filesBelow(sessions)),
      ['stdout', end.stdout],
      ['stderr', end.stderr],
    ]);
    expect(texts.size).toBeGreaterThanOrEqual(8);
    expect(holding(texts, secrets)).toEqual([]);
  });

  test('writes what its owner alone can read', async () => {
    const folder = (await findSession(sessions)) ?? '';
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const [path] of await filesBelow(folder)) expect((await stat(path)).mode & 0o777, path).toBe(0o600);
  });

  test('leaves a session that verifies, against its head too', async () => {
    const folder = (await findSession(sessions)) ?? '';
    const head = /^Journal head: ([0-9a-f]{64})$/m.exec(end.stderr)?.[1] ?? 'none';
    expect(await command('verify', folder, '--head', head)).toMatchObject({ code: 0 });
    const log = join(folder, 'session.log');
    await writeFile(log, (await readFile(log, 'utf8')).replace('begins', 'ends'));
    expect(await command('verify', folder)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^session\.log: it was changed/),
    });
  });
});

describe('a wrong password', () => {
  test('is refused, and shown by nothing that reports it', async () => {
    await wellLab();
    const secrets = await secretsOfLab();
    const folder = await newFolder('wrong');
    const wrong = `wrong-${randomBytes(12).toString('hex')}`;
    const file = join(folder, 'password');
    await writeFile(file, `${wrong}\n`, { mode: 0o600 });
    const has = (stack: string) => !labState.missing.some((one) => one.stack === stack);
    const config = [
      'version: 1',
      'scenarios:',
      ...(has('postgres') ? [`  A: { password: { file: ${file} } }`] : []),
      ...(has('redis') ? [`  B: { password: { file: ${file} } }`] : []),
      ...(has('minio') ? [`  C: { secretKey: { file: ${file} } }`] : []),
      ...(has('rabbitmq') ? [`  E: { password: { file: ${file} } }`] : []),
    ].join('\n');
    const path = join(folder, 'the.yaml');
    await writeFile(path, `${config}\n`);
    const ids = [...config.matchAll(/^ {2}([A-E]):/gm)].map(([, id]) => id).join('');
    const args = ['--config', path, '--only', ids, '--lab-dir', labFolder];
    const sessions = await newFolder('sessions');
    const texts = new Map<string, Buffer | string>();
    for (const [name, line] of [
      ['doctor', ['doctor', ...args]],
      ['doctor --json', ['doctor', '--json', ...args]],
      ['plan', ['plan', ...args]],
      ['run', ['run', '--profile', 'smoke', '--sessions', sessions, ...args]],
      ['run --json', ['run', '--profile', 'smoke', '--json', '--sessions', sessions, ...args]],
    ] as const) {
      const { code, stdout, stderr } = await command(...line);
      texts.set(`${name}: stdout`, stdout).set(`${name}: stderr`, stderr);
      if (name !== 'plan') expect(code, `${name}: ${stderr}`).toBe(3);
    }
    for (const [name, bytes] of await filesBelow(sessions)) texts.set(name, bytes);
    // Servers were asked with it, and said no.
    expect(String(texts.get('doctor: stdout'))).toMatch(
      /authentication|WRONGPASS|ACCESS_REFUSED|SignatureDoesNotMatch|403|refused/i,
    );
    expect(holding(texts, [wrong, ...secrets])).toEqual([]);
    await expectAllUp();
  });
});
