import type { JournalRecord, RecordOf } from '../journal/events.ts';
import { foldJournal } from '../journal/fold.ts';
import type { JournalContent } from '../journal/reader.ts';
import { judgeSession, type SessionJudgement } from '../verdict/judge.ts';

/** What one writer claimed when it judged. `at` is the index of its first claim: all that it judged stands before it. */
interface Judging {
  readonly at: number;
  readonly gates: RecordOf<'gate.judged'>[];
  ended?: RecordOf<'session.ended'>;
}

/** Events that may come between the look at the journal and the first claim, because they come whenever they like. */
const ANY_TIME: ReadonlySet<JournalRecord['type']> = new Set(['interrupted', 'suspended', 'guard.lost', 'note', 'gap']);

/**
 * Where the verdicts that were journaled differ from those that the journal gives now. Every writer's claims are held
 * against what stood there when it made them: a recover that restored a node changes no verdict of before. `lineOf` says
 * where a record stands. Empty: every claim follows.
 */
export function sameClaims(content: JournalContent, lineOf: (seq: number) => number): readonly string[] {
  return judgingsOf(content.records).flatMap((judging) => {
    let at = judging.at;
    const first = differences(judging, judgedUntil(content, at), lineOf);
    let found = first;
    while (found.length > 0 && ANY_TIME.has(content.records[at - 1]?.type ?? 'samples')) {
      at -= 1;
      found = differences(judging, judgedUntil(content, at), lineOf);
    }
    return found.length === 0 ? [] : first;
  });
}

function judgingsOf(records: readonly JournalRecord[]): readonly Judging[] {
  const all: Judging[] = [];
  let open: Judging | undefined;
  for (const [at, record] of records.entries()) {
    // A writer that died while it judged has no end: the next one begins anew.
    if (record.type === 'writer.started') open = undefined;
    if (record.type !== 'gate.judged' && record.type !== 'session.ended') continue;
    if (open === undefined) {
      open = { at, gates: [] };
      all.push(open);
    }
    if (record.type === 'gate.judged') open.gates.push(record);
    else {
      open.ended = record;
      open = undefined;
    }
  }
  return all;
}

/** The judgement over the first records, with the problems that are theirs. */
function judgedUntil({ records, places, problems }: JournalContent, at: number): SessionJudgement {
  const line = places[at]?.line ?? Number.POSITIVE_INFINITY;
  const own = problems.filter((problem) => problem.line < line);
  return judgeSession(foldJournal(records.slice(0, at)), own);
}

function differences(
  { gates, ended }: Judging,
  judgement: SessionJudgement,
  lineOf: (seq: number) => number,
): readonly string[] {
  const now = new Map<string, string>();
  for (const { plan, gates: judged } of judgement.scenarios)
    for (const { spec, result } of judged) now.set(key(plan.id, spec.id), result.status);
  for (const { spec, result } of judgement.session) now.set(key(null, spec.id), result.status);
  const found = gates.flatMap(({ scenario, gate, result, seq }) => {
    const status = now.get(key(scenario, gate));
    if (status === result.status) return [];
    return [
      `line ${lineOf(seq)}: gate ${gate} of ${scenario ?? 'the session'} was said to be ${result.status}; judged again it is ${status ?? 'not known'}`,
    ];
  });
  if (ended === undefined) return found;
  const { verdict, exit } = judgement;
  if (ended.verdict !== verdict)
    found.push(`line ${lineOf(ended.seq)}: the session was said to be ${ended.verdict}; judged again it is ${verdict}`);
  else if (ended.exit !== exit)
    found.push(`line ${lineOf(ended.seq)}: the session was said to end with ${ended.exit}; judged again it is ${exit}`);
  return found;
}

function key(scenario: string | null, gate: string): string {
  return JSON.stringify([scenario, gate]);
}
