import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isoUtc } from '../../core/time.ts';
import { LOOPBACK } from '../../lab/blueprint.ts';
import { type Lab, nodeNamed, portOf, until } from '../../lab/lab.ts';
import { editFile, restoreFile } from './files.ts';
import { has, pidOf } from './nodes.ts';

const ANSWER_MS = 2_000;
const LOADED_MS = 20_000;
const SILENCE_MS = 600_000;
const AUTHOR = 'gameday selftest';

/** Prometheus with other rules: what it says of them must then be as `loaded` wants it. */
async function changeRules(
  lab: Lab,
  edit: (text: string) => string,
  loaded: (rules: readonly JsonObject[]) => boolean,
): Promise<void> {
  await editFile(lab, rulesFile(lab), edit);
  await reloadRules(lab, loaded);
}

/** Nobody is alerted any more: the rule is gone. */
export function removeRule(lab: Lab, name: string): Promise<void> {
  return changeRules(
    lab,
    (text) => eachRule(text, name, () => ''),
    (rules) => !rules.some((rule) => rule.name === name),
  );
}

/** The rule waits for so long before it fires. */
export function delayRule(lab: Lab, name: string, seconds: number): Promise<void> {
  return changeRules(
    lab,
    (text) => eachRule(text, name, (rule) => rule.replace(/^( {8}for: ).*$/m, `$1${seconds}s`)),
    (rules) => rules.some((rule) => rule.name === name && rule.duration === seconds),
  );
}

export async function restoreRules(lab: Lab): Promise<void> {
  if (!has(lab, 'prometheus')) return;
  await restoreFile(lab, rulesFile(lab), async () => {
    const names = namesIn((await lab.world.fs.readText(rulesFile(lab))) ?? '');
    const holds = (rule: JsonObject | undefined) => rule?.duration === 5 || rule?.duration === 15;
    await reloadRules(lab, (rules) => names.every((name) => holds(rules.find((rule) => rule.name === name))));
  });
}

/** Alertmanager takes the alert and tells nobody. */
export async function silence(lab: Lab, alertname: string): Promise<void> {
  const wall = lab.world.clock.wall();
  const body = {
    matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    startsAt: isoUtc(wall),
    endsAt: isoUtc(wall + SILENCE_MS),
    createdBy: AUTHOR,
    comment: 'the selftest mutes this alert, and takes the silence away again',
  };
  await call(lab, 'POST', '/api/v2/silences', JSON.stringify(body));
}

export async function endSilences(lab: Lab): Promise<void> {
  if (!has(lab, 'alertmanager')) return;
  const all = JSON.parse(await call(lab, 'GET', '/api/v2/silences')) as unknown;
  for (const one of Array.isArray(all) ? all.filter(isJsonObject) : []) {
    const active = isJsonObject(one.status) && one.status.state !== 'expired';
    if (one.createdBy === AUTHOR && active) await call(lab, 'DELETE', `/api/v2/silence/${String(one.id)}`);
  }
}

async function call({ world, state, signal }: Lab, method: string, path: string, body?: string): Promise<string> {
  const url = `http://${LOOPBACK}:${portOf(nodeNamed({ state }, 'alertmanager'), 'http')}${path}`;
  const headers = { 'content-type': 'application/json' };
  const response = await world.http.request({
    method,
    url,
    headers,
    timeoutMs: ANSWER_MS,
    signal,
    ...(body && { body }),
  });
  if (response.status !== 200) throw new Error(`${method} ${url}: status ${response.status} ${response.text()}`);
  return response.text();
}

async function reloadRules(lab: Lab, loaded: (rules: readonly JsonObject[]) => boolean): Promise<void> {
  lab.world.processes.kill(await pidOf(lab, 'prometheus'), 'SIGHUP');
  await until(lab, LOADED_MS, async (at) => ({
    ok: loaded(await rulesOf(at)),
    detail: 'the rules are not loaded yet',
  }));
}

async function rulesOf({ world, state, signal }: Lab): Promise<readonly JsonObject[]> {
  const url = `http://${LOOPBACK}:${portOf(nodeNamed({ state }, 'prometheus'), 'http')}/api/v1/rules`;
  const body: unknown = JSON.parse((await world.http.request({ url, timeoutMs: ANSWER_MS, signal })).text());
  const groups = isJsonObject(body) && isJsonObject(body.data) ? body.data.groups : undefined;
  const all = Array.isArray(groups) ? groups.filter(isJsonObject) : [];
  return all.flatMap((group) => (Array.isArray(group.rules) ? group.rules.filter(isJsonObject) : []));
}

function rulesFile(lab: Pick<Lab, 'state'>): string {
  return join(nodeNamed(lab, 'prometheus').folder, 'rules.yml');
}

/** The file with one rule's text changed; rules begin at the same depth. */
function eachRule(text: string, name: string, change: (rule: string) => string): string {
  return text
    .split(/(?=^ {6}- alert: )/m)
    .map((rule) => (rule.startsWith(`      - alert: ${name}\n`) ? change(rule) : rule))
    .join('');
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name = '']) => name);
}
