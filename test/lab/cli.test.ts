import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  command,
  expectAllUp,
  expectSealed,
  labFolder,
  labStatus,
  lacks,
  newFolder,
  onWellLab,
  parseDocument,
  type Run,
  runToEnd,
  startRun,
} from '../support/lab-drills.ts';
import { withNodesDown } from '../support/lab-sabotage.ts';
import { until } from '../support/real-servers.ts';

onWellLab();

const asked = (json: string): unknown => JSON.parse(json);

describe('looking without breaking', () => {
  test('plan prints what would be typed for every drill, and breaks nothing', async () => {
    const { code, stdout } = await command('plan', '--lab-dir', labFolder);
    expect(code).toBe(0);
    // Long lines go on below.
    const text = stdout.replace(/\s+/g, ' ');
    expect(stdout).toContain('Nothing is broken by this command.');
    for (const node of ['pg-[12]', 'redis-[123]', 'minio-[1234]', 'api-[12]', 'rabbitmq']) {
      expect(text).toMatch(new RegExp(`gameday lab stop ${node} --lab-dir ${labFolder}`));
    }
    expect(stdout).toMatch(/^undo +gameday lab start rabbitmq /m);
    await expectAllUp();
  });

  test('doctor finds nothing in the way on a healthy lab', async () => {
    const { code, stdout } = await command('doctor', '--lab-dir', labFolder, '--json');
    expect(asked(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });
});

describe.skipIf(lacks('minio'))('a node that is down already', () => {
  test('is found by doctor, and a run is refused: both name it and how to start it', () =>
    withNodesDown(['minio-2'], async () => {
      const doctor = await command('doctor', '--lab-dir', labFolder);
      expect(doctor.code).toBe(3);
      expect(doctor.stdout).toMatch(/^C +blocked .*minio-2/m);
      const { code, json } = await runToEnd();
      expect(code).toBe(3);
      expect(json.error?.message).toMatch(/nothing was broken:\n {2}C .*minio-2/);
      expect(json.error?.hint).toContain('gameday lab start minio-2');
      expect(json.error?.hint).toMatch(/gameday run --only [ABDE]+ --profile smoke/);
      expect((await labStatus()).notUp).toEqual(['minio-2']);
    }));
});

describe('a lab whose name the configuration protects', () => {
  test.each([
    ['without its name', ['--yes']],
    ['with another name', ['--yes', '--confirm', 'other']],
  ])('is not broken %s, and --yes does not help', async (_, args) => {
    const { code, json, sessions } = await runToEnd({ config: 'version: 1\nprotected: [la*]\n', args });
    expect(json.error?.code).toBe('not-confirmed');
    expect(code).toBe(2);
    expect(await readdir(sessions)).toEqual([]);
    await expectAllUp();
  });
});

describe('gameday lab', () => {
  test('leaves out no stack of a lab that has it', async () => {
    const { code, stderr } = await command('lab', 'up', '--skip', 'redis', '--lab-dir', labFolder);
    expect(stderr).toContain('has redis, which --skip leaves out');
    expect(code).toBe(2);
    await expectAllUp();
  });

  test('pauses a node and lets it go on', async () => {
    const pause = await command('lab', 'pause', 'api-1', '--lab-dir', labFolder);
    expect(pause, pause.stderr).toMatchObject({ code: 0, stderr: 'api-1 is paused\n' });
    expect((await labStatus()).notUp).toEqual(['api-1']);
    const resume = await command('lab', 'resume', 'api-1', '--lab-dir', labFolder);
    expect(resume, resume.stderr).toMatchObject({ code: 0, stderr: 'api-1 is up\n' });
    await expectAllUp();
  });
});

describe('what makes a run impossible', () => {
  test('wrong passwords: each is named with its setting', async () => {
    const cwd = await newFolder('secrets');
    const wrong = join(cwd, 'wrong');
    await writeFile(wrong, 'not-the-password\n', { mode: 0o600 });
    const secret = (name: string) => `    ${name}: { file: ${wrong} }\n`;
    const drills = {
      A: ['postgres', 'password'],
      B: ['redis', 'password'],
      C: ['minio', 'secretKey'],
      E: ['rabbitmq', 'password'],
    } as const;
    const there = Object.entries(drills).filter(([, [stack]]) => !lacks(stack));
    const config = `version: 1\nscenarios:\n${there.map(([id, [, setting]]) => `  ${id}:\n${secret(setting)}`).join('')}`;
    const { code, json, stdout, stderr } = await runToEnd({ config });
    expect(code).toBe(3);
    for (const [id] of there) {
      expect(json.error?.message).toMatch(new RegExp(`^  ${id} `, 'm'));
      expect(json.error?.hint).toMatch(new RegExp(`scenarios\\.${id}\\..*(password|secretKey)`));
    }
    expect(json.error?.message).not.toMatch(/^ {2}D /m);
    expect(`${stdout}${stderr}`).not.toContain('not-the-password');
    await expectAllUp();
  });

  test('a sessions folder that cannot be made: refused before the first fault', async () => {
    const file = join(await newFolder('sessions'), 'file');
    await writeFile(file, '');
    const { code, json } = await runToEnd({ only: 'D', sessions: join(file, 'sessions') });
    expect(code).toBe(3);
    expect(json.error).toMatchObject({
      code: 'sessions-folder',
      message: expect.stringContaining(file),
      hint: expect.stringContaining('--sessions'),
    });
    expect(json.error?.message).toMatch(/refused before the first fault/);
    await expectAllUp();
  });
});

/** The node that the run has broken, once it is proven gone. */
async function broken(run: Run): Promise<string> {
  const proven = await run.record('fault.proven');
  if (proven.type !== 'fault.proven') throw new Error(`not a proof: ${proven.type}`);
  expect((await labStatus()).notUp).toEqual([proven.node]);
  return proven.node;
}

describe.skipIf(lacks('haproxy'))('in the middle of an outage', () => {
  test('a second session is refused and told of the first; Ctrl-C restores, seals and exits 130', async () => {
    const first = await startRun({ only: 'D' });
    await broken(first);
    const second = await runToEnd({ only: 'E' });
    expect(second.code).toBe(3);
    const session = (await first.folder()).split('/').at(-1) ?? '';
    expect(second.json.error).toMatchObject({
      code: 'environment-busy',
      message: expect.stringContaining(`session ${session} `),
    });
    expect(await readdir(second.sessions)).toEqual([]);
    await expectInterrupted(first, 'SIGINT');
  });

  test('SIGTERM restores, seals and exits 130', async () => {
    const run = await startRun({ only: 'D' });
    await broken(run);
    await expectInterrupted(run, 'SIGTERM');
  });

  test('a terminal that goes away changes nothing: the drill ends, everything is restored', async () => {
    const run = await startRun({ command: ['run', '--profile', 'smoke', '--plain'], only: 'D' });
    await broken(run);
    run.hangUp();
    const { code } = await run.ended;
    const { records } = await expectSealed(await run.folder());
    const end = records.find((one) => one.type === 'session.ended');
    expect(end).toMatchObject({ exit: code, verdict: 'PASS' });
    await expectAllUp();
  });
});

async function expectInterrupted(run: Run, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  run.signal(signal);
  const end = await run.ended;
  expect(end.code).toBe(130);
  expect(parseDocument(end)).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 130, restored: true });
  const { records } = await expectSealed(await run.folder());
  expect(records.find((one) => one.type === 'interrupted')).toMatchObject({ signal });
  expect(records.find((one) => one.type === 'undo.settled')).toMatchObject({ outcome: 'restored' });
  expect(await readdir(await run.folder())).toEqual(
    expect.arrayContaining(['report.md', 'result.json', 'manifest.json']),
  );
  // Before anything else could have started it.
  await expectAllUp();
  // The lock is free again.
  await until(
    'no session runs',
    async () =>
      (await command('doctor', '--only', 'D', '--lab-dir', labFolder)).stdout.includes('no session is running') ||
      undefined,
  );
}
