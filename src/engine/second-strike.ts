import type { Drill, ScenarioPlan } from '../core/scenario.ts';
import type { ScenarioOutcome } from '../journal/events.ts';
import type { LedgerRunner } from './ledger-runner.ts';
import type { Recorder } from './recorder.ts';
import type { ScenarioEnd } from './scenario-run.ts';

/** What a strike leaves for the one that repeats it. */
export interface StrikeBefore {
  /** Names of the nodes that it struck. */
  readonly struck: readonly string[];
  /** Its workloads, with their data still in place. */
  readonly kept: readonly LedgerRunner[];
}

type End = StrikeBefore & Pick<ScenarioEnd, 'outcome' | 'healed'>;

/** Remembers how the first strikes of a session ended, for the second ones right behind them. */
export class FirstStrikes {
  private readonly repeated: ReadonlySet<string>;
  private readonly ends = new Map<string, End>();

  constructor(drills: readonly Drill[]) {
    this.repeated = new Set(drills.flatMap(({ plan }) => plan.secondOf ?? []));
  }

  /** Does a second strike come behind this one? */
  isRepeated({ id }: ScenarioPlan): boolean {
    return this.repeated.has(id);
  }

  ended({ id }: ScenarioPlan, end: End): void {
    this.ends.set(id, end);
  }

  /** The drill ended before it began. */
  notBegun({ id }: ScenarioPlan, outcome: ScenarioOutcome): void {
    this.ends.set(id, { outcome, healed: false, struck: [], kept: [] });
  }

  /** Why a second strike cannot be run: redundancy has to be claimed before the claim can be tested. Undefined for all others. */
  whyNot({ secondOf }: ScenarioPlan): string | undefined {
    if (secondOf === undefined || this.ends.get(secondOf)?.healed === true) return undefined;
    const outcome = this.ends.get(secondOf)?.outcome ?? 'not-run';
    return `the first strike (${secondOf}) did not end healed: it was ${outcome}`;
  }

  /** What a second strike is told, and the journal with it; undefined for all others. */
  async before({ id, secondOf, nodes }: ScenarioPlan, recorder: Recorder): Promise<StrikeBefore | undefined> {
    const end = secondOf === undefined ? undefined : this.ends.get(secondOf);
    if (end === undefined) return undefined;
    const left = nodes.map(({ name }) => name).filter((name) => !end.struck.includes(name));
    const turn =
      left.length === 0 ? 'no other node is there, so it is struck once more' : `the turn is at ${left.join(', ')}`;
    await recorder.note(id, `second strike: ${secondOf} struck ${end.struck.join(' and ')}, ${turn}`);
    return end;
  }

  /** Removes what the first strike left for a second one that is not run. */
  async release({ secondOf }: ScenarioPlan): Promise<void> {
    const kept = secondOf === undefined ? [] : (this.ends.get(secondOf)?.kept ?? []);
    for (const ledger of kept) await ledger.remove();
  }
}
