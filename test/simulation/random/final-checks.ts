import { sameClaims } from '../../../src/cli/claims.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import type { JournalContent } from '../../../src/journal/reader.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import type { JournalView } from '../../../src/journal/view.ts';
import { judgeSession, type SessionJudgement } from '../../../src/verdict/judge.ts';
import type { ProcessEnd, SimProcess } from '../../support/sim-process.ts';
import { armedNotes } from './armed-notes.ts';
import type { Stage } from './stage.ts';

const ANY_TIME: ReadonlySet<string> = new Set(['interrupted', 'suspended', 'guard.lost', 'note', 'gap']);
/** What falls by itself after the last look cannot be in the verdict. */
const LAST_LOOK_MS = 2_000;

interface Judged {
  readonly content: JournalContent;
  readonly view: JournalView;
  readonly judgement: SessionJudgement;
}

function judged(stage: Stage): Judged {
  const content = readJournal(stage.journal('written'));
  const view = foldJournal(content.records);
  return { content, view, judgement: judgeSession(view, content.problems) };
}

/** What must hold when the tool's process has ended, however it did. */
export function checkToolEnd(stage: Stage, end: ProcessEnd): void {
  const { checks } = stage;
  if (end.how === 'error') checks.fail('no crash', `the tool died of ${textOf(end.error)}`);
  if (end.how !== 'exit') return;
  for (const text of wrongExit(stage, end.code)) checks.fail('exit code', `the tool ended with ${end.code}: ${text}`);
  const lying = stage.field.brokenByUs();
  if (lying.length > 0 && end.code !== 5)
    checks.fail('exit code', `the tool ended with ${end.code} while ${lying.join(', ')} lie because of it`);
  const { result } = stage.toolEnd;
  if (!stage.diskFailed) {
    const open = armedNotes(stage.journal('written')).filter((note) => !note.settled);
    if (open.length > 0)
      checks.fail('undone', `the tool ended, and no undo of ${open.map(({ fault }) => fault).join(', ')} was settled`);
  }
  if (result === undefined) return;
  const now = judged(stage);
  const spoken = wasSpokenMeanwhile(now.view);
  if (!spoken && JSON.stringify(now.judgement) !== JSON.stringify(result.judgement))
    checks.fail('same verdict', `live ${result.judgement.headline}, reread ${now.judgement.headline}`);
  checkJudged(stage, now);
  if (now.content.records.at(-1)?.type === 'session.sealed') stage.checkedJournal = stage.journal('written');
  if ((!spoken && result.exit !== now.judgement.exit) || end.code !== result.exit)
    checks.fail('exit code', `${end.code}, ${result.exit} and ${now.judgement.exit} for one session`);
  if (result.judgement.verdict === 'PASS') checkPass(stage, now.view);
}

/** What a code says that is not so. What the journal says of it is held against the table elsewhere; this is what happened. */
function wrongExit({ seen, toolEnd: { result } }: Stage, code: number): readonly string[] {
  const wrong: string[] = [];
  const demand = (holds: boolean, text: string): void => void (holds || wrong.push(text));
  demand((code === 5) === seen.leftDown, seen.leftDown ? 'a node was given up on' : 'no node was given up on');
  if (seen.journalLost) demand(code === 4 || code === 5, 'the journal was lost');
  const verdict = result?.judgement.verdict;
  switch (code) {
    case 0:
      demand(verdict === 'PASS', `the verdict is ${verdict}`);
      break;
    case 1:
      demand(verdict === 'FAIL', `the verdict is ${verdict}`);
      break;
    case 3:
      demand(verdict === 'INCONCLUSIVE' || (verdict === undefined && !seen.faultBegun), `a fault, and ${verdict}`);
      break;
    case 4:
      demand(seen.journalLost, 'the journal was not lost');
      break;
    case 5:
      break;
    case 130:
      demand(seen.interrupted && result !== undefined, 'nobody has interrupted it');
      break;
    default:
      wrong.push('no such code');
  }
  return wrong;
}

/** What must hold when a guard or a recover has ended, however it did. */
export function checkRestorerEnd(stage: Stage, process: SimProcess, end: ProcessEnd): void {
  const { checks } = stage;
  if (end.how === 'error') checks.fail('no crash', `${process.role} died of ${textOf(end.error)}`);
  if (end.how !== 'exit') return;
  const { code } = end;
  const wrong = (text: string): void => checks.fail('exit code', `${process.name} ended with ${code}: ${text}`);
  const lying = stage.field.brokenByUs();
  if ((code === 0 || code === 4) && lying.length > 0) wrong(`${lying.join(', ')} lie because of us`);
  const answer = stage.answers.get(process);
  // A guard that was dismissed has not looked; a recover that was refused has not either.
  const wanted = process.role === 'guard' ? 0 : 3;
  if (answer === undefined && code !== wanted) wrong('it did not look');
  if (answer === undefined) return;
  const left = answer.notRestored.length > 0;
  if ((code === 5) !== left) wrong(left ? 'a node is not restored' : 'every node is restored');
  if ((code === 4) !== (!left && answer.journalFailure !== undefined)) wrong(String(answer.journalFailure));
}

/** What must hold when everybody has ended and a recover could reach everything. */
export function checkEnd(stage: Stage, recovered: boolean): void {
  const { checks } = stage;
  const lying = stage.field.brokenByUs();
  if (lying.length > 0) checks.fail('no node is left down', `${lying.join(', ')} lie because of us after the recovery`);
  if (!recovered) checks.fail('recovery ends', 'no recover could close the session although everything works again');
  const bytes = stage.journal('written');
  // Nobody has touched it since it was held against everything: it needs no second look.
  if (recovered && stage.checkedJournal !== undefined && bytes.equals(stage.checkedJournal)) return;
  const now = judged(stage);
  if (now.content.records.length === 0) return;
  checkJudged(stage, now);
  if (recovered && now.view.sealed.at(-1)?.seq !== now.content.records.at(-1)?.seq)
    checks.fail('sealed', `the journal ends with ${now.content.records.at(-1)?.type}`);
  if (now.judgement.verdict === 'PASS') checkPass(stage, now.view);
}

function checkJudged(stage: Stage, { content, view, judgement }: Judged): void {
  const { checks } = stage;
  for (const { line, kind, text } of content.problems)
    if (kind !== 'crash') checks.fail('readable', `line ${line}: ${kind}, ${text}`);
  for (const text of sameClaims(content, (seq) => seq + 1)) checks.fail('same verdict', text);
  if (view.ended !== undefined && view.ended.exit !== judgement.exit && !wasSpokenMeanwhile(view))
    checks.fail('exit code', `said ${view.ended.exit}, judged again ${judgement.exit}`);
  const wanted = exitByTable(stage, view, judgement.verdict);
  if (judgement.exit !== wanted) checks.fail('exit code', `${judgement.exit} where the table says ${wanted}`);
}

/** A signal, or the guard's end, that came after the verdict was looked up cannot be in it. */
function wasSpokenMeanwhile({ records }: JournalView): boolean {
  const writer = records.findLastIndex((record) => record.type === 'writer.started');
  const judging = records.findIndex((record, index) => index > writer && record.type === 'gate.judged');
  return judging !== -1 && records.slice(judging).some((record) => ANY_TIME.has(record.type));
}

/** The table of the README, written once more. */
function exitByTable(stage: Stage, view: JournalView, verdict: string): number {
  if (armedNotes(stage.journal('written')).some((note) => !note.restored)) return 5;
  if (view.records.some((one) => one.type === 'scenario.ended' && one.internal === true)) return 4;
  if (verdict === 'FAIL') return 1;
  if (view.records.some((one) => one.type === 'interrupted')) return 130;
  return verdict === 'PASS' ? 0 : 3;
}

/** A PASS has all its evidence, in the journal and in truth. */
function checkPass(stage: Stage, view: JournalView): void {
  const lacks = (text: string): void => stage.checks.fail('no PASS without evidence', text);
  for (const record of view.records)
    if (record.type === 'takeover' || record.type === 'abort') lacks(`there was a ${record.type}`);
  for (const { plan, faults, ended, suspended } of view.scenarios) {
    if (suspended.length > 0) lacks(`the tool stood still during ${plan.id}`);
    if (ended?.outcome !== 'completed') lacks(`${plan.id} ended as ${ended?.outcome ?? 'nothing'}`);
    if (faults.length === 0) lacks(`${plan.id} broke nothing`);
    for (const fault of faults) {
      if (fault.settled?.outcome === undefined || fault.settled.outcome === 'failed')
        lacks(`${fault.id} was not carried out`);
      if (fault.undoSettled?.outcome !== 'restored') lacks(`${fault.id} is not restored`);
      if (fault.proven === undefined) lacks(`${fault.id} is not proven`);
      else if (!wasDown(stage, fault.node.name, fault.proven.t))
        lacks(`${fault.node.name} was up when ${fault.id} was proven`);
    }
  }
  const endedAt = view.ended?.t ?? 0;
  for (const node of stage.plan.nodes)
    if (wasDown(stage, node, endedAt) && wasDown(stage, node, endedAt - LAST_LOOK_MS))
      lacks(`${node} was down at the end`);
}

/** Times are those of the first boot: no session passes over two. */
function wasDown(stage: Stage, node: string, atMs: number): boolean {
  return stage.field.moves.findLast((move) => move.node === node && move.atMs <= atMs)?.to === 'down';
}

export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
