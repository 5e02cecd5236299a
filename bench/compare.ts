import { figure, printTable, readResults, spreadOf } from './results.ts';

/** `npm run bench:compare OLD NEW`: what changed between two files of results, and whether it is more than their spread. */
const [oldPath, newPath] = process.argv.slice(2);
if (oldPath === undefined || newPath === undefined) {
  process.stderr.write('usage: npm run bench:compare OLD NEW\n');
  process.exitCode = 2;
} else {
  await compareFiles(oldPath, newPath);
}

async function compareFiles(oldFile: string, newFile: string): Promise<void> {
  const [before, after] = await Promise.all([readResults(oldFile), readResults(newFile)]);
  const rows = after.metrics.flatMap(({ name, unit, better, values }) => {
    const old = before.metrics.find((one) => one.name === name);
    if (old === undefined) return [[name, unit, 'new', shown(values), '', '']];
    const [was, is] = [spreadOf(old.values), spreadOf(values)];
    const change = (is.median / was.median - 1) * 100;
    const apart = is.least > was.most || is.most < was.least;
    const word = !apart ? 'within the spread' : is.median < was.median === (better === 'less') ? 'better' : 'worse';
    return [[name, unit, shown(old.values), shown(values), `${change >= 0 ? '+' : ''}${change.toFixed(1)} %`, word]];
  });
  const gone = before.metrics.filter(({ name }) => !after.metrics.some((one) => one.name === name));
  printTable([
    ['figure', 'unit', 'old: median (least to most)', 'new', 'change', ''],
    ...rows,
    ...gone.map(({ name, unit, values }) => [name, unit, shown(values), 'gone', '', '']),
  ]);
  process.stdout.write(
    `old: ${before.at}, load ${before.load.map(figure).join(' to ')}; new: ${after.at}, load ${after.load.map(figure).join(' to ')}\n`,
  );
}

function shown(values: readonly number[]): string {
  const { least, median, most } = spreadOf(values);
  return `${figure(median)} (${figure(least)} to ${figure(most)})`;
}
