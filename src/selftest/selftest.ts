import { join } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { labDownCommand, labUpCommand } from '../core/lab-commands.ts';
import type { LabState } from '../core/lab-state.ts';
import type { Verdict } from '../core/outcome.ts';
import type { Platform } from '../core/platform.ts';
import type { JournalRecord } from '../journal/events.ts';
import { type JournalContent, readJournal } from '../journal/reader.ts';
import type { Lab } from '../lab/lab.ts';
import type { Http, World } from '../world/world.ts';
import {
  baselineOf,
  type GateName,
  gatesOf,
  judgeContent,
  noticedBy,
  type Outcome,
  type Row,
  uncovered,
} from './notice.ts';
import { isLive, journalSabotages, type Round, roundsOf } from './rounds.ts';
import type { LiveSabotage, Sabotage } from './sabotage.ts';

/** What is to be run, and how it is interfered with. */
export interface SessionRequest {
  /** Name of its folder, for people. */
  readonly name: string;
  readonly only: readonly string[];
  /** Laid over the lab's own settings, in order. */
  readonly settings: readonly JsonObject[];
  readonly platform: (platform: Platform) => Platform;
  readonly http: (http: Http) => Http;
  readonly onRecord: (record: JournalRecord) => void;
}

/** How it ended: with a journal, or refused before anything was broken. */
export type SessionEnd =
  | { readonly kind: 'journal'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly message: string };

export interface SelftestInput {
  readonly world: World;
  readonly state: LabState;
  /** Letters of the scenarios, in order. */
  readonly only: readonly string[];
  readonly sabotages: readonly Sabotage[];
  /** Runs one session with guard, lock and restore as any other. Rejects only for what is no refusal. */
  readonly session: (request: SessionRequest) => Promise<SessionEnd>;
  /** Starts what is down, resumes what is paused, and resolves when every stack of the lab is well. */
  readonly mend: (signal: AbortSignal) => Promise<void>;
  /** Aborts on an interrupt: the session under way restores by itself, and no other is begun. */
  readonly signal: AbortSignal;
  /** Progress: something begins, or has ended. */
  readonly onStep: (text: string) => void;
}

export interface SelftestResult {
  readonly baseline: { readonly verdict: Verdict; readonly gates: ReturnType<typeof gatesOf>; readonly why: string };
  readonly rows: readonly Row[];
  /** Gates for which there is no sabotage. */
  readonly without: readonly GateName[];
  readonly tookMs: number;
  readonly interrupted: boolean;
  /** A session without sabotage passes, and every sabotage was noticed at every gate that it must turn. */
  readonly ok: boolean;
}

/** Time for a way back, whatever has cancelled the rest. */
const BACK_MS = 120_000;
/** Short phases: what is tested is the judgement and not the stacks' patience. */
function quick(only: readonly string[]): JsonObject {
  const phases = { steady: '1s', outage: '2s', verify: '1s' };
  return { limits: { alertWithin: '20s' }, scenarios: Object.fromEntries(only.map((id) => [id, phases])) };
}

/**
 * Runs one session without sabotage, which must pass, and then every sabotage, which must be noticed. After each the lab
 * is put back and looked at. Rejects when the lab cannot be put back.
 */
export async function selftest(input: SelftestInput): Promise<SelftestResult> {
  const { world, only, signal, onStep } = input;
  const began = world.clock.now();
  const rows: Row[] = [];
  const known = input.sabotages.filter((one) => only.includes(one.scenario));
  const left = await leftSabotaged(input);
  if (left.length > 0) {
    onStep(`putting back what an earlier selftest left: ${left.map((one) => one.title).join('; ')}`);
    await putBack(input, left);
  }
  onStep(`one session without sabotage: ${only.join(', ')}`);
  const good = await baseline(input);
  const judgement = good === undefined ? undefined : judgeContent(good.content);
  const gates = judgement === undefined ? [] : gatesOf(judgement);
  const passed = judgement?.verdict === 'PASS';
  onStep(`${passed ? 'ok' : 'NOT PASS'}: without sabotage ${judgement?.headline ?? 'there was no session'}`);
  if (good !== undefined && passed) {
    const told = journalSabotages(known).flatMap((one) => noticedBy(one, injured(one, good)));
    rows.push(...told);
    onStep(`${told.filter((row) => row.noticed).length} of ${told.length} noticed in changed journals`);
    for (const round of roundsOf(known.filter(isLive))) {
      if (signal.aborted) break;
      const startedAt = world.clock.now();
      onStep(`${round.scenario}: ${round.sabotages.map((one) => one.title).join('; ')}`);
      const outcome = await sabotaged(input, round);
      // What an interrupt has cut short was no test.
      if (signal.aborted) break;
      const seen = round.sabotages.flatMap((one) => noticedBy(one, outcome));
      rows.push(...seen);
      const seconds = ((world.clock.now() - startedAt) / 1_000).toFixed(1);
      for (const row of seen) onStep(`- ${row.noticed ? 'ok' : 'NOT NOTICED'}: ${row.gate} ${row.seen}: ${row.reason}`);
      onStep(`- took ${seconds}s`);
    }
  }
  const without = uncovered(gates, known);
  return {
    baseline: {
      verdict: baselineOf(gates),
      gates,
      why: judgement?.headline ?? 'the session without sabotage left no journal',
    },
    rows,
    without,
    tookMs: world.clock.now() - began,
    interrupted: signal.aborted,
    ok: passed && !signal.aborted && without.length === 0 && rows.every((row) => row.noticed),
  };
}

interface Good {
  readonly bytes: Uint8Array;
  readonly content: JournalContent;
}

async function baseline({ session, only }: SelftestInput): Promise<Good | undefined> {
  const end = await session({
    name: 'baseline',
    only,
    settings: [quick(only)],
    platform: (platform) => platform,
    http: (http) => http,
    onRecord: () => undefined,
  });
  if (end.kind === 'refused') throw new Error(`the session without sabotage was refused: ${end.message}`);
  return { bytes: end.bytes, content: readJournal(end.bytes) };
}

/** A good journal with one thing changed, judged again. */
export function injured(
  one: ReturnType<typeof journalSabotages>[number],
  good: { readonly bytes: Uint8Array; readonly content: JournalContent },
): Outcome {
  try {
    if (one.damage !== undefined)
      return { kind: 'judged', judgement: judgeContent(readJournal(one.damage(good.bytes))) };
    const records = one.edit?.(good.content.records) ?? [];
    return { kind: 'judged', judgement: judgeContent({ records, problems: [] }) };
  } catch (error) {
    return { kind: 'broken', message: messageOf(error) };
  }
}

/** One round: everything is made, the session is run, and everything is put back, however it went. */
async function sabotaged(input: SelftestInput, round: Round): Promise<Outcome> {
  const { world, state, session, signal } = input;
  const lab: Lab = { world, state, signal };
  const working: Promise<void>[] = [];
  const failures: string[] = [];
  const failed = (one: LiveSabotage) => (error: unknown) => {
    failures.push(`${one.id} could not be made: ${messageOf(error)}`);
  };
  let outcome: Outcome;
  await world.fs.write(markOf(state), `${round.sabotages.map((one) => one.id).join('\n')}\n`, 0o600);
  try {
    for (const one of round.sabotages) await one.before?.(lab);
    const watching = round.sabotages.flatMap((one) => {
      const look = one.during?.(lab);
      return look === undefined ? [] : [{ one, look }];
    });
    const end = await session({
      name: round.name,
      only: [round.scenario],
      settings: [quick([round.scenario]), ...round.sabotages.map((one) => one.settings ?? {})],
      platform: (platform) => round.sabotages.reduce((inner, one) => lying(inner, one, lab), platform),
      http: (http) => round.sabotages.reduce((inner, one) => one.http?.(inner) ?? inner, http),
      onRecord(record) {
        for (const { one, look } of watching) {
          const work = look(record);
          if (work !== undefined) working.push(work.catch(failed(one)));
        }
      },
    });
    await Promise.all(working);
    outcome =
      end.kind === 'refused'
        ? { kind: 'refused', message: end.message }
        : { kind: 'judged', judgement: judgeContent(readJournal(end.bytes)) };
  } catch (error) {
    outcome = { kind: 'broken', message: messageOf(error) };
  }
  await Promise.all(working);
  await putBack(input, round.sabotages);
  return failures.length === 0 ? outcome : { kind: 'broken', message: failures.join('; ') };
}

/** The platform with what the sabotage does in the place of its commands. */
function lying(platform: Platform, { stop, start }: LiveSabotage, lab: Lab): Platform {
  return {
    ...platform,
    ...(stop && {
      stop: (node, options) => stop(lab, node, async () => platform.stop?.(node, options)),
    }),
    ...(start && {
      start: (node, options) => start(lab, node, async () => platform.start?.(node, options)),
    }),
  };
}

/**
 * Every way back, newest first, under a time limit of its own, deaf to whatever cancelled the work; then the lab is
 * mended. A way back that needs a server which is down is gone once more when the lab is up.
 */
export async function putBack(
  { world, state, mend }: Pick<SelftestInput, 'world' | 'state' | 'mend'>,
  sabotages: readonly LiveSabotage[],
): Promise<void> {
  const deadline = world.clock.deadline(BACK_MS);
  const lab: Lab = { world, state, signal: deadline.signal };
  const goBack = async (): Promise<readonly string[]> => {
    const errors: string[] = [];
    for (const one of sabotages.toReversed())
      await one.after?.(lab).catch((error: unknown) => errors.push(`${one.id}: ${messageOf(error)}`));
    return errors;
  };
  try {
    let errors = await goBack();
    await mend(deadline.signal);
    if (errors.length > 0) {
      errors = await goBack();
      if (errors.length > 0) throw new Error(errors.join('; '));
      await mend(deadline.signal);
    }
    await world.fs.remove(markOf(state));
  } catch (error) {
    throw new GamedayError({
      code: 'lab-still-sabotaged',
      message: `the lab in ${state.folder} could not be put back: ${messageOf(error)}`,
      hint: `start it anew: ${labDownCommand(state)}, then ${labUpCommand(state)}`,
      exitCode: EXIT.notRestored,
      cause: error,
    });
  } finally {
    deadline.cancel();
  }
}

/** Names the sabotages that are in the lab, so that one whose selftest was killed is put back by the next. */
function markOf({ folder }: LabState): string {
  return join(folder, 'sabotaged');
}

async function leftSabotaged({ world, state, sabotages }: SelftestInput): Promise<readonly LiveSabotage[]> {
  const ids = ((await world.fs.readText(markOf(state))) ?? '').split('\n');
  return sabotages.filter(isLive).filter((one) => ids.includes(one.id));
}
