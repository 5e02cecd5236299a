import { readJournal } from '../../../src/journal/reader.ts';
import type { ProcessEnd, SimProcess } from '../../support/sim-process.ts';
import { Blows } from './blows.ts';
import type { Coverage } from './coverage.ts';
import { checkEnd, checkRestorerEnd, checkToolEnd, textOf } from './final-checks.ts';
import { planOf } from './generate.ts';
import { Stage } from './stage.ts';

/** Virtual time in which everything has to be over: drills, guard, repairs and recoveries. */
const LIMIT_MS = 40 * 60_000;
/** Late commands land, and freed pids are given out anew. */
const SETTLE_MS = 15_000;
const BETWEEN_RECOVERS_MS = 8_000;
/** After the last blow; longer than any disk stays full. */
const MOST_RECOVERS = 9;
/** From then on people bring back what they had stopped: a recover starts no node that we did not break. */
const PEOPLE_HELP_FROM = 3;

/** Plays the session of one seed and says which invariants it broke: none, if the product is right. Never rejects. */
export async function playSession(
  seed: number,
  coverage: Coverage,
  trace?: (line: string) => void,
): Promise<readonly string[]> {
  const stage = new Stage(planOf(seed), coverage, trace);
  const { machine, checks } = stage;
  stage.say(`PLAN ${JSON.stringify(stage.plan, null, 1)}`);
  const blows = new Blows(stage, stage.plan.blows);
  machine.onPoint = (process, point, where) => {
    checks.point(process, point, where);
    blows.reached(process, point, where);
  };
  machine.tear = (process, point, bytes) => blows.tear(process, point, bytes);
  const began = machine.clock.now();
  try {
    await machine.run(LIMIT_MS, () => play(stage));
  } catch (error) {
    checks.fail('bounded time', textOf(error));
  }
  coverage.sessions += 1;
  coverage.virtualMs += machine.clock.now() - began;
  return checks.broken;
}

async function play(stage: Stage): Promise<void> {
  const { machine, plan } = stage;
  const boot = machine.env.bootId;
  await runTool(stage);
  stage.heal();
  stage.say('HEALED');
  if (stage.field.brokenByUs().length > 0) await runOver(stage);
  if (!(await recoverAndCheck(stage))) return;
  // Times of two boots cannot be compared.
  if (plan.again && plan.guardRefusal === undefined && machine.env.bootId === boot) await runNext(stage);
}

/** Somebody begins the next session while a node lies that the last one broke: it is refused, and breaks nothing. */
async function runOver(stage: Stage): Promise<void> {
  const { checks, field, session } = stage;
  const lay = field.brokenByUs();
  stage.begin('over');
  const end = await stage.startTool().ended;
  stage.coverage.end(`over a broken node: ${end.how === 'exit' ? `exit ${end.code}` : end.how}`);
  const lie = field.brokenByUs().filter((node) => lay.includes(node));
  if (stage.seen.faultBegun) checks.fail('nothing over a broken node', `a fault was begun while ${lay.join(', ')} lay`);
  const named = readJournal(stage.journal('written')).records.some(
    (one) => one.type === 'check' && one.check.name === 'leftovers' && one.check.status === 'blocked',
  );
  if (end.how === 'exit' && end.code === 3 && lie.length > 0 && !named)
    checks.fail('nothing over a broken node', `refused, and not because of ${lie.join(', ')}`);
  if (end.how === 'exit' && end.code !== 3 && !stage.diskFailed)
    checks.fail('exit code', `a session over ${lay.join(', ')} ended with ${end.code}`);
  await everybodyEnded(stage);
  await switchOn(stage);
  stage.begin(session);
}

/** After a recover the next session finds nothing in its way. */
async function runNext(stage: Stage): Promise<void> {
  for (const node of stage.plan.nodes) stage.other('start', node);
  await stage.machine.clock.sleep(SETTLE_MS);
  stage.begin('next');
  const end = await runTool(stage);
  const { error } = stage.toolEnd;
  if (end.how === 'exit' && error !== undefined && !stage.diskFailed)
    stage.checks.fail('nothing in the way of the next', textOf(error));
  await recoverAndCheck(stage);
}

/** The tool until it has ended, and everybody whom it has started. */
async function runTool(stage: Stage): Promise<ProcessEnd> {
  const { coverage } = stage;
  const tool = stage.startTool();
  const end = await tool.ended;
  checkToolEnd(stage, end);
  coverage.end(`tool: ${end.how === 'exit' ? `exit ${end.code}` : end.how}`);
  const verdict = stage.toolEnd.result?.judgement.verdict;
  if (verdict !== undefined) coverage.end(`tool: ${verdict}`);
  await everybodyEnded(stage);
  await switchOn(stage);
  return end;
}

/** Whether a recover could close the session, and everything that must hold then does. */
async function recoverAndCheck(stage: Stage): Promise<boolean> {
  const { machine } = stage;
  let recovered = await recoverAll(stage);
  await machine.clock.sleep(SETTLE_MS);
  // The power went after everything was closed: what a killed writer had not synced may be lost, and is closed again.
  if (await switchOn(stage)) recovered = await recoverAll(stage);
  checkEnd(stage, recovered);
  return recovered;
}

/** After a power cut the machine boots again, or another one with the same folder takes over. False: it was on. */
async function switchOn(stage: Stage): Promise<boolean> {
  if (stage.offMs === undefined) return false;
  await stage.machine.clock.sleep(stage.offMs);
  stage.machine.boot();
  stage.offMs = undefined;
  return true;
}

/** Whether a recover could close the session. */
async function recoverAll(stage: Stage): Promise<boolean> {
  let { blows } = stage;
  for (let attempt = 1, undisturbed = 0; undisturbed < MOST_RECOVERS; attempt += 1) {
    if (stage.journal('written').length === 0) return true;
    if (attempt === PEOPLE_HELP_FROM) for (const node of stage.plan.nodes) helpUp(stage, node);
    const process = stage.startRecover('recover');
    const end = await process.ended;
    stage.coverage.end(`recover: ${end.how === 'exit' ? `exit ${end.code}` : end.how}`);
    checkRestorerEnd(stage, process, end);
    await switchOn(stage);
    if (end.how === 'exit' && end.code === 0) return true;
    undisturbed = stage.blows === blows ? undisturbed + 1 : 0;
    blows = stage.blows;
    await stage.machine.clock.sleep(BETWEEN_RECOVERS_MS);
  }
  return false;
}

function helpUp(stage: Stage, node: string): void {
  if (stage.field.lastMove(node)?.cause.who !== 'us') stage.other('start', node);
}

async function everybodyEnded(stage: Stage): Promise<void> {
  const { processes } = stage.machine;
  const left = (): SimProcess | undefined => processes.find((process) => process.isAlive());
  for (let process = left(); process !== undefined; process = left()) {
    const end = await process.ended;
    stage.coverage.end(`${process.role}: ${end.how === 'exit' ? `exit ${end.code}` : end.how}`);
    checkRestorerEnd(stage, process, end);
  }
}
