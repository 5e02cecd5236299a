import type { Audit } from '../core/ledger.ts';
import type { JournalRecord } from '../journal/events.ts';
import { bytesOf, change, linesOf, onPaper, outageOf, planOf, withoutLooks } from './journal-edits.ts';
import { type JournalSabotage, type Turn, VERDICT } from './sabotage.ts';

/** What is told of every drill's journal; the ledger's gate by its name. */
interface Drill {
  readonly scenario: string;
  readonly ledger: string;
  /** The gate that audits the ledger. */
  readonly data: string;
  /** A gate that needs looks during the outage, and what it says without. */
  readonly watched: Turn;
}

const DRILLS: readonly Drill[] = [
  {
    scenario: 'A',
    ledger: 'writes',
    data: 'data',
    watched: { gate: 'rto', to: 'INCONCLUSIVE', because: /never failed/ },
  },
  {
    scenario: 'B',
    ledger: 'writes',
    data: 'data',
    watched: { gate: 'rto', to: 'INCONCLUSIVE', because: /never failed/ },
  },
  {
    scenario: 'C',
    ledger: 'objects',
    data: 'objects',
    watched: { gate: 'reads', to: 'INCONCLUSIVE', because: /looks|nobody looked/ },
  },
  {
    scenario: 'D',
    ledger: 'websocket',
    data: 'messages',
    watched: { gate: 'error-run', to: 'INCONCLUSIVE', because: /nobody looked|did not look/ },
  },
  {
    scenario: 'E',
    ledger: 'messages',
    data: 'data',
    watched: { gate: 'error-run', to: 'INCONCLUSIVE', because: /nobody looked|did not look/ },
  },
];

/** Each count of an audit that must fail the gate by itself. */
const COUNTS = ['corrupted', 'duplicated', 'unexpected', 'stale'] as const satisfies readonly (keyof Audit)[];

/** Changes to a good session's journal. They take milliseconds, so that every drill gets all of them. */
export const onPaperSabotages: readonly JournalSabotage[] = DRILLS.flatMap((drill) => [
  ...aboutNodes(drill),
  ...aboutLooks(drill),
  ...aboutData(drill),
  ...aboutAlerts(drill),
  ...aboutTheFile(drill),
]);

function aboutNodes({ scenario }: Drill): readonly JournalSabotage[] {
  const id = scenario.toLowerCase();
  return [
    onPaper({
      id: `${id}-not-restored`,
      title: 'a node is not restored',
      scenario,
      turns: [
        { gate: 'restored', to: 'FAIL', because: /is not restored/ },
        { gate: VERDICT, to: 'FAIL', because: /NOT RESTORED/ },
      ],
      edit: (records) =>
        change(records, scenario, 'undo.settled', (one) => ({ ...one, outcome: 'not-restored', verifiedBy: '' })),
    }),
    onPaper({
      id: `${id}-restored-unseen`,
      title: 'nobody looked whether the node is back',
      scenario,
      turns: [{ gate: 'restored', to: 'INCONCLUSIVE', because: /nobody looked/ }],
      edit: (records) => change(records, scenario, 'undo.settled', (one) => ({ ...one, verifiedBy: '' })),
    }),
    onPaper({
      id: `${id}-unproven`,
      title: 'the fault is not proven',
      scenario,
      turns: [{ gate: VERDICT, to: 'INCONCLUSIVE', because: /no proof that/ }],
      edit: (records) => change(records, scenario, 'fault.proven', () => undefined),
    }),
    onPaper({
      id: `${id}-healing-unseen`,
      title: 'observation ended before the stack was well again',
      scenario,
      turns: [{ gate: 'healed', to: 'INCONCLUSIVE', because: /not looked at afterwards/ }],
      edit: (records) => change(records, scenario, 'phase.ended', (one) => (one.phase === 'verify' ? undefined : one)),
    }),
  ];
}

function aboutLooks({ scenario, watched }: Drill): readonly JournalSabotage[] {
  const id = scenario.toLowerCase();
  return [
    onPaper({
      id: `${id}-stream-paused`,
      title: 'the stream of samples pauses for the whole outage',
      scenario,
      turns: [watched],
      edit(records) {
        const { fromMs, toMs } = outageOf(records, scenario);
        return withoutLooks(records, scenario, fromMs, toMs);
      },
    }),
    onPaper({
      id: `${id}-never-back`,
      title: 'what users use answers 5xx from the fault to the end',
      scenario,
      turns: [{ gate: 'bad-run', to: 'not PASS', because: /too long|was not seen/ }],
      edit(records) {
        const { fromMs } = outageOf(records, scenario);
        const users = planOf(records, scenario)
          .probes.filter((one) => one.user)
          .map((one) => one.name);
        return change(records, scenario, 'samples', (one) => ({
          ...one,
          items: one.items.map((item) =>
            users.includes(one.probe) && item[1] >= fromMs ? [item[0], item[1], item[2], 'http5xx'] : item,
          ),
        }));
      },
    }),
    onPaper({
      id: `${id}-stood-still`,
      title: 'the tool itself stood still for a while',
      scenario,
      turns: [{ gate: VERDICT, to: 'INCONCLUSIVE', because: /stood still/ }],
      edit(records) {
        const at = records.findIndex((one) => one.type === 'undo.requested' && one.scenario === scenario);
        const before = records[at];
        if (before === undefined) throw new Error(`the journal has no undo of ${scenario}`);
        const { v, seq, at: wall, t, prev } = before;
        const still = {
          v,
          seq,
          at: wall,
          t,
          prev,
          type: 'suspended',
          ms: 1_500,
          since: t - 1_500,
          who: 'process',
        } as const;
        return [...records.slice(0, at), still, ...records.slice(at)];
      },
    }),
    onPaper({
      id: `${id}-clock-back`,
      title: 'the clock runs backwards',
      scenario,
      turns: [{ gate: VERDICT, to: 'INCONCLUSIVE', because: /ran backwards/ }],
      // Of lines whose own time nobody judges by: what is measured stays as it was.
      edit: (records) =>
        change(records, scenario, 'samples', (one) => ({ ...one, t: 60_000 + records.length - one.seq })),
    }),
  ];
}

function aboutData({ scenario, ledger, data }: Drill): readonly JournalSabotage[] {
  const id = scenario.toLowerCase();
  const audits = (records: Parameters<NonNullable<JournalSabotage['edit']>>[0], edit: (audit: Audit) => Audit) =>
    change(records, scenario, 'ledger.audited', (one) => ({
      ...one,
      audits: one.ledger === ledger ? one.audits.map(edit) : one.audits,
    }));
  return [
    ...COUNTS.map((count) =>
      onPaper({
        id: `${id}-${count}`,
        title: `one write is ${count}`,
        scenario,
        turns: [{ gate: data, to: 'FAIL', because: new RegExp(`1 ${count}`) }],
        edit: (records) => audits(records, (audit) => ({ ...audit, [count]: 1 })),
      }),
    ),
    onPaper({
      id: `${id}-unread`,
      title: 'the ledger cannot be read back',
      scenario,
      turns: [{ gate: data, to: 'INCONCLUSIVE', because: /could not be read back/ }],
      edit: (records) =>
        change(records, scenario, 'ledger.audited', ({ audits: _, ...one }) => ({
          ...one,
          type: 'ledger.unread',
          detail: 'connection refused',
        })),
    }),
    onPaper({
      id: `${id}-half-read`,
      title: 'the audit looked for fewer writes than were acknowledged',
      scenario,
      turns: [{ gate: data, to: 'INCONCLUSIVE', because: /looked for/ }],
      edit: (records) => audits(records, (audit) => ({ ...audit, acked: 1 })),
    }),
  ];
}

function aboutAlerts({ scenario }: Drill): readonly JournalSabotage[] {
  const id = scenario.toLowerCase();
  return [
    onPaper({
      id: `${id}-alert-already`,
      title: 'the alert was firing before the fault',
      scenario,
      turns: [{ gate: 'alerts', to: 'INCONCLUSIVE', because: /active already before/ }],
      edit(records) {
        const expected = planOf(records, scenario).alerts.map((alert) => alert.name);
        const fired = records.find(
          (one) => one.type === 'alert.changed' && one.scenario === scenario && expected.includes(one.name),
        );
        if (fired?.type !== 'alert.changed') throw new Error(`no expected alert of ${scenario} changed`);
        const { name, labels } = fired;
        return change(records, scenario, 'alert.baseline', (one) => ({
          ...one,
          active: [...one.active, { name, labels, state: 'firing', where: 'alertmanager' }],
        }));
      },
    }),
    onPaper({
      id: `${id}-silence`,
      title: 'no alert fires, no log line comes, and no component says a word',
      scenario,
      turns: [
        { gate: 'silent', to: 'not PASS', because: /raised (no|neither an) alert|nothing was heard/ },
        { gate: 'alerts', to: 'not PASS', because: /did not fire/ },
      ],
      edit: (records) =>
        change(records, scenario, 'alert.changed', () => undefined).filter(
          (one) => !('scenario' in one && one.scenario === scenario && isHeard(one)),
        ),
    }),
    onPaper({
      id: `${id}-alert-of-another`,
      title: 'the alert fires for another node',
      scenario,
      turns: [{ gate: 'alerts', to: 'not PASS', because: /did not fire for the stopped node/ }],
      edit: (records) =>
        change(records, scenario, 'alert.changed', (one) => ({
          ...one,
          labels: { ...one.labels, node: 'somebody-else' },
        })),
    }),
  ];
}

function aboutTheFile({ scenario, ledger, data }: Drill): readonly JournalSabotage[] {
  const id = scenario.toLowerCase();
  const isEntries = (line: string) =>
    line.includes('"type":"ledger.entries"') && line.includes(`"scenario":"${scenario}","ledger":"${ledger}"`);
  return [
    onPaper({
      id: `${id}-ledger-cut`,
      title: 'the ledger is cut off in the middle of a line',
      scenario,
      turns: [
        { gate: data, to: 'INCONCLUSIVE', because: /the ledger was not audited/ },
        { gate: VERDICT, to: 'INCONCLUSIVE', because: /last line is unfinished/ },
      ],
      damage(bytes) {
        const lines = linesOf(bytes);
        const last = lines.findLastIndex(isEntries);
        if (last === -1) throw new Error(`the journal has no entries of ${ledger}`);
        const torn = lines[last] ?? '';
        return bytesOf([...lines.slice(0, last), torn.slice(0, torn.length / 2)]);
      },
    }),
    onPaper({
      id: `${id}-ledger-gap`,
      title: 'one line of the ledger is missing',
      scenario,
      turns: [{ gate: VERDICT, to: 'INCONCLUSIVE', because: /journal line \d+/ }],
      damage(bytes) {
        const lines = linesOf(bytes);
        const first = lines.findIndex(isEntries);
        if (first === -1) throw new Error(`the journal has no entries of ${ledger}`);
        return bytesOf(lines.toSpliced(first, 1));
      },
    }),
  ];
}

/** A line in a log, or a component that changed what it calls itself. */
function isHeard(one: JournalRecord): boolean {
  return one.type === 'log.matched' || (one.type === 'observation' && one.probe === 'api' && one.from !== undefined);
}
