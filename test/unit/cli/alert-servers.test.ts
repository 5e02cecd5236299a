import { beforeEach, describe, expect, test } from 'vitest';
// Imported lazily by the program, and a simulated world waits only for its own clock.
import '../../../src/cli/commands/doctor.ts';
import '../../../src/cli/commands/plan.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { LAB_FOLDER as FOLDER, labNode, labState, redisNodes } from '../../support/lab-state.ts';
import { SimWorld } from '../../support/sim-world.ts';

const PROMETHEUS = "prometheus: { url: 'http://127.0.0.1:9090' }\n";
const ALERTMANAGER = "alertmanager: { url: 'http://127.0.0.1:9093' }\n";

let world: SimWorld;

beforeEach(async () => {
  world = new SimWorld();
  await world.fs.makeFolder(`${FOLDER}/secrets`);
  await world.fs.write(`${FOLDER}/secrets/redis`, 'the-password');
  await world.fs.write(
    `${FOLDER}/lab.json`,
    JSON.stringify(labState([labNode('api-1', 'haproxy', { http: 1 }), ...redisNodes()])),
  );
});

async function said(command: string, servers: string): Promise<string> {
  await world.fs.write(
    '/srv/gameday.yaml',
    `version: 1\n${servers}scenarios: { B: { api: { url: 'http://127.0.0.1:1' } } }\n`,
  );
  await world.run(() => runProgram(world, ['node', 'gameday', command]));
  return world.tty.out.text.replace(/\s+/g, ' ');
}

describe('alerts that nobody will see are told before anything is broken', () => {
  test.each([
    ['', 'prometheus and alertmanager are not configured'],
    [PROMETHEUS, 'prometheus is configured, and alertmanager is not'],
    [ALERTMANAGER, 'alertmanager is configured, and prometheus is not'],
  ])('%s', async (servers, missing) => {
    const follows = 'the drills can run, their alert gates will be INCONCLUSIVE';
    expect(await said('plan', servers)).toContain(`WARNING: ${missing}: ${follows}`);
    world.tty.out.text = '';
    expect(await said('doctor', servers)).toContain(`${missing} -> ${follows}`);
  });

  test('nothing is said of them where both are configured', async () => {
    expect(await said('plan', PROMETHEUS + ALERTMANAGER)).not.toContain('WARNING');
  });
});
