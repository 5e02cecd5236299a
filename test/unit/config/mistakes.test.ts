import { beforeEach, describe, expect, test } from 'vitest';
import { LAB, load, OWN, problemsOf } from '../../support/config-file.ts';
import { SimWorld } from '../../support/sim-world.ts';

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

describe('mistakes', () => {
  test.each([
    [
      'an unknown key',
      OWN.replace('scenarios:', 'scenarois:'),
      'gameday.yaml:5:1: unknown key "scenarois": did you mean "scenarios"?',
    ],
    [
      'an unknown key deep inside',
      OWN.replace('host: db2', 'hots: db2'),
      'gameday.yaml:9:37: unknown key "hots" in scenarios.A.nodes[1]: did you mean "host"?',
    ],
    [
      'what is missing',
      OWN.replace(', port: 5432 }\n      -', ' }\n      -'),
      'gameday.yaml:8:9: scenarios.A.nodes[0].port is missing: write a whole number',
    ],
    [
      'a wrong choice',
      OWN.replace('staging', 'stagin'),
      'gameday.yaml:4:9: environment.kind: "stagin" is not right: write lab, staging or production',
    ],
    [
      'a number that is too large',
      OWN.replace('db1, port: 5432', 'db1, port: 70000'),
      'gameday.yaml:8:54: scenarios.A.nodes[0].port: 70000 is too much: at most 65535',
    ],
    [
      'a list that is too short',
      OWN.replace(/ {6}- .*db2.*\n/, ''),
      'gameday.yaml:7:5: scenarios.A.nodes: a list of 1 is too little: at least 2 in the list',
    ],
    [
      'a duration that is none',
      `${OWN}    rto: 5 minutes\n`,
      'gameday.yaml:10:10: scenarios.A.rto: "5 minutes" is not a duration',
    ],
    [
      'a time without its unit',
      `${OWN}limits: { badRun: 30 }\n`,
      'limits.badRun: 30 has no unit: write a duration with its unit, like 250ms, 10s or 1m30s',
    ],
    ['a scenario that there is not', `${OWN}  F: {}\n`, 'unknown key "F" in scenarios: known keys: A, B'],
    ['a URL that is none', `${OWN}  B: { url: nowhere }\n`, 'scenarios.B.url: "nowhere" is not right: write a URL'],
    [
      'a log whose container is an option',
      `${OWN}logs: { nodes: { web: { docker: --help } } }\n`,
      'logs.nodes.web.docker: "--help" is not right: write the name or id of a container',
    ],
    [
      'a log whose unit is a pattern',
      `${OWN}logs: { nodes: { web: { journald: "api*" } } }\n`,
      'logs.nodes.web.journald: "api*" is not right: write the name of a systemd unit',
    ],
    [
      'a log that is nowhere',
      `${OWN}logs: { nodes: { web: syslog } }\n`,
      'logs.nodes.web: "syslog" is not right: write { file: an absolute path } or { journald: the name of a systemd unit } or',
    ],
    [
      'an unknown platform',
      OWN.replace('platform: ssh, host: db1', 'platform: shs, host: db1'),
      'scenarios.A.nodes[0].platform: unknown platform "shs": did you mean ssh?',
    ],
    [
      'a lab node in another environment',
      OWN.replace('platform: ssh, host: db1', 'platform: lab, host: db1'),
      'is lab, but environment.kind is not',
    ],
    ['two nodes of one name', OWN.replace('n-2', 'n-1'), 'gameday.yaml:9:17: scenarios.A.nodes names "n-1" twice'],
    [
      'an alert of the second node, where one is stopped',
      `${OWN}    alerts:\n      - { name: Down, of: any }\n      - { name: Down, of: second }\n`,
      'gameday.yaml:12:27: scenarios.A.alerts[1].of is second, and A stops one node: write first or any',
    ],
    [
      'a short form that is none',
      `${OWN}  B: { url: 'http://x', healing: sefl }\n`,
      'gameday.yaml:10:34: scenarios.B.healing: "sefl" is not right: write request or self alone, or a mapping',
    ],
    [
      'a mistake inside the long form of what has a short one',
      `${OWN}  B:\n    url: http://x\n    healing: { wait: 5 }\n`,
      'gameday.yaml:12:22: scenarios.B.healing.wait: 5 has no unit: write a duration',
    ],
    [
      'an unknown key inside the long form',
      `${OWN}  B:\n    url: http://x\n    healing: { mode: self, wiat: 5s }\n`,
      'gameday.yaml:12:28: unknown key "wiat" in scenarios.B.healing: did you mean "wait"?',
    ],
    ['a key that stands twice', `${OWN}version: 1\n`, 'gameday.yaml:10:1: this key stands twice'],
    ['a tab', 'version: 1\nenvironment:\n\tname: x\n', 'a tab indents this line'],
    ['an empty file', '', 'gameday.yaml:1:1: the file holds no mapping'],
    ['a list', '- a\n', 'gameday.yaml:1:1: the file holds no mapping'],
    ['two documents', `${OWN}---\nversion: 1\n`, 'a second document begins here'],
  ])('%s', async (_name, text, expected) => {
    expect((await problemsOf(world, text)).message).toContain(expected);
  });

  test('an alert of the second node is right where two are stopped', async () => {
    await world.fs.write('/srv/gameday.yaml', `${OWN}  B: { url: 'http://x', alerts: [{ name: Down, of: second }] }\n`);
    expect((await load(world)).config.scenarios.B).toMatchObject({ alerts: [{ of: 'second' }] });
  });

  test.each([
    ['wbe-1', 'did you mean web-1?'],
    ['elsewhere', 'known nodes: n-1, n-2, web-1'],
  ])('the log of a node that the lab does not have: %s', async (name, right) => {
    const text = `version: 1\nscenarios:\n  A:\n    logs:\n      - { name: x, nodes: [web-1, ${name}], pattern: y }\n`;
    expect((await problemsOf(world, text, LAB)).message).toContain(
      `gameday.yaml:5:35: scenarios.A.logs[0].nodes[1]: there is no node "${name}": ${right}`,
    );
  });

  test('a node that the lab has, or that only the file names, may be followed', async () => {
    const nodes = `nodes: [{ name: own-1, platform: ssh, host: h, port: 1 }, { name: n-2, platform: lab, host: h, port: 2 }]`;
    const logs = `logs: [{ name: x, nodes: [web-1, own-1], pattern: y }]`;
    await world.fs.write('/srv/gameday.yaml', `version: 1\nscenarios:\n  A:\n    ${nodes}\n    ${logs}\n`);
    const loaded = await load(world, { lab: async () => LAB });
    expect(loaded.config.scenarios.A).toMatchObject({ logs: [{ nodes: ['web-1', 'own-1'] }] });
  });

  test('outside the lab the log of any node may be followed: not all of them are broken, and so named', async () => {
    await world.fs.write('/srv/gameday.yaml', `${OWN}    logs: [{ name: x, nodes: [web-9], pattern: y }]\n`);
    expect((await load(world)).config.scenarios.A).toMatchObject({ logs: [{ nodes: ['web-9'] }] });
  });

  test('a secret in plain text is refused and not repeated', async () => {
    const error = await problemsOf(world, `${OWN}    password: hunter2hunter2\n`);
    expect(error.message).toContain('a secret never stands in the file: write { env: NAME } or { file: PATH }');
    expect(error.message).not.toContain('hunter2');
  });

  test('a password inside a URL is refused and not repeated', async () => {
    const error = await problemsOf(world, `${OWN}prometheus: { url: 'http://admin:hunter2@prom:9090' }\n`);
    expect(error.message).toContain('prometheus.url holds a user or password inside a URL');
    expect(error.message).not.toContain('hunter2');
  });

  test.each([
    ['a time without its unit', 'scenarios:\n  A: { rto: 45 }\n', 'gameday.yaml:2:13: scenarios.A.rto: 45 has no unit'],
    [
      'an unknown key',
      'scenarios:\n  A: { rot: 45s }\n',
      'gameday.yaml:2:8: unknown key "rot" in scenarios.A: did you mean "rto"?',
    ],
    ['a scenario that there is not', 'scenarios:\n  Q: {}\n', 'gameday.yaml:2:3: unknown key "Q" in scenarios'],
    [
      'a duration that is none',
      'limits: { badRun: soon }\n',
      'gameday.yaml:1:19: limits.badRun: "soon" is not a duration',
    ],
    ['another version', 'version: 2\n', 'gameday.yaml:1:10: version: 2 is not right'],
    ['a list that is too short', 'scenarios:\n  A: { nodes: [] }\n', 'scenarios.A.nodes: a list of 0 is too little'],
    [
      'what is missing in a list',
      'scenarios:\n  B: { alerts: [{ of: first }] }\n',
      'scenarios.B.alerts[0].name is missing',
    ],
  ])('in a file for the lab are told without a lab too: %s', async (_name, text, expected) => {
    const error = await problemsOf(world, text);
    expect(error.message).toContain(expected);
    expect(error.message).toContain('a mistake in the configuration');
  });

  test.each(['scenarios:\n  A: { rto: 5s }\n  B: {}\n', 'environment: { kind: lab }\n', 'prometheus: {}\n'])(
    'what the lab would give is not missing without one: %j',
    async (text) => {
      expect((await problemsOf(world, text)).code).toBe('no-stack');
    },
  );

  test('several are said at once, in the order of the file', async () => {
    const error = await problemsOf(world, 'version: 2\nenvironment: { name: "a b", kind: staging }\nzzz: 1\n');
    expect(error.message.split('\n').map((line) => line.trim().split(': ')[0])).toEqual([
      '3 mistakes in the configuration',
      'gameday.yaml:1:10',
      'gameday.yaml:2:22',
      'gameday.yaml:3:1',
    ]);
  });
});
