import { parseArgs } from 'node:util';
import { groundTruth, type TruthOptions, type TruthResult } from '../test/support/ground-truth-run.ts';
import { figure, loadNow, type Metric, printTable, quantile, writeResults } from './results.ts';

/** The most that bounds may be wider than the truth in an undisturbed run, in probe intervals. */
const MEDIAN_LIMIT = 1.1;
const P99_LIMIT = 2;

/**
 * `npm run bench:rto [-- --outages N]`: how right and how narrow the bounds of outages are, against a server that knows
 * the truth. Every manner at every rate side by side, undisturbed and disturbed. Exit 1: a bound was wrong, or (in the undisturbed
 * run) too wide.
 */
const { values } = parseArgs({ options: { outages: { type: 'string', default: '300' } } });
const outages = Number(values.outages);
/** The disturbed runs prove containment: a fifth of the outages will do. */
const some = Math.max(1, Math.round(outages / 5));
const RUNS: readonly (readonly [string, TruthOptions])[] = [
  ['undisturbed', { outages }],
  ['kept connections', { outages: some, connection: 'kept' }],
  ['busy processors', { outages: some, burners: 2 }],
  ['stopped for 2s now and then', { outages: some, stopMs: 2_000 }],
  ['wall clock jumps', { outages: some, wallClock: 'jumps' }],
];

const before = loadNow();
const metrics: Metric[] = [];
let wrong = 0;
let wide = 0;
for (const [name, options] of RUNS) {
  const result = await groundTruth(options);
  wrong += show(name, result);
  for (const { manner, rateHz, comparison } of result.cells) {
    const ascending = [...comparison.wider].sort((a, b) => a - b);
    metrics.push({
      name: `${name}: ${manner} at ${rateHz} Hz, wider by`,
      unit: 'intervals',
      better: 'less',
      values: ascending,
    });
    const isWide = !(quantile(ascending, 0.5) <= MEDIAN_LIMIT && quantile(ascending, 0.99) <= P99_LIMIT);
    if (name === 'undisturbed' && isWide) wide += 1;
  }
}
process.stdout.write(
  `${wrong} wrong; ${wide} of the undisturbed rows wider than ${MEDIAN_LIMIT} intervals at the median or ${P99_LIMIT} at p99\n`,
);
await writeResults('rto', before, metrics);
process.exitCode = wrong + wide > 0 ? 1 : 0;

/** Prints one run. Returns how many of its outages were measured wrongly. */
function show(name: string, { cells, suspendedMs }: TruthResult): number {
  const said = suspendedMs.length === 0 ? '' : `, ${suspendedMs.length} times "stood still" in the journal`;
  process.stdout.write(`\n${name}${said}\n`);
  printTable([
    ['manner', 'Hz', 'outages', 'contained', 'wrong', 'unwatched', 'unsettled', 'wider: median', 'p99', 'worst'],
    ...cells.map(({ manner, rateHz, comparison }) => {
      const { outages: all, violations, overlooked, invented, unwatched, unsettled, wider } = comparison;
      const ascending = [...wider].sort((a, b) => a - b);
      const bad = violations.length + overlooked + invented.length;
      return [
        manner,
        String(rateHz),
        String(all),
        String(wider.length - violations.length),
        String(bad),
        String(unwatched),
        String(unsettled),
        ...[0.5, 0.99, 1].map((part) => figure(quantile(ascending, part))),
      ];
    }),
  ]);
  for (const { comparison } of cells)
    for (const text of [...comparison.violations, ...comparison.invented]) process.stdout.write(`  ${text}\n`);
  return cells.reduce(
    (sum, { comparison: { violations, overlooked, invented } }) =>
      sum + violations.length + overlooked + invented.length,
    0,
  );
}
