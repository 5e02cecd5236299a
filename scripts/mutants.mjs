// Plants one bug after the other in a copy of the sources and demands that the simulator finds it.
// npm run simulate:mutants [-- --seeds N] [-- --only NAME]
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureModules, root } from './lib/modules.mjs';
import { bundleSimulator } from './lib/simulation.mjs';
import { run, StepFailed, script, step } from './lib/steps.mjs';

const LIST = 'test/simulation/mutants.json';
const COPIED = ['src', 'test/support', 'test/simulation', 'package.json', 'tsconfig.json'];

/** Replaces what stands exactly once in a file; anything else means that the list is older than the sources. */
function edited(text, { file, from, to }) {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new StepFailed(`${LIST}: this stands ${found} times in ${file}, and must stand there once:\n${from}`, '', 2);
  return text.replace(from, () => to);
}

/** What the simulator said of this mutant: the seed and the first invariant that it broke. Undefined when it found nothing. */
async function hunt(folder, mutant, seeds) {
  const before = new Map();
  try {
    for (const edit of mutant.edits) {
      const path = join(folder, edit.file);
      const text = readFileSync(path, 'utf8');
      if (!before.has(path)) before.set(path, text);
      writeFileSync(path, edited(text, edit));
    }
    const program = join(folder, 'simulate.mjs');
    await bundleSimulator(folder, program);
    const args = [program, '--from', '1', '--sessions', String(seeds), '--first-failure'];
    const { code, output } = await run(process.execPath, args, { any: true });
    const caught = /^seed (\d+) broke:\n {2}(.+)$/m.exec(output);
    if (caught !== null) return { seed: Number(caught[1]), invariant: caught[2] };
    if (code !== 0) throw new StepFailed(`the simulator itself failed with ${mutant.name}`, output);
    return undefined;
  } finally {
    for (const [path, text] of before) writeFileSync(path, text);
  }
}

await script(async () => {
  const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3000' }, only: { type: 'string' } } });
  await ensureModules();
  const all = JSON.parse(readFileSync(join(root, LIST), 'utf8'));
  const mutants = all.filter(({ name }) => values.only === undefined || name === values.only);
  if (mutants.length === 0) throw new StepFailed(`no mutant is named ${values.only}`, '', 2);
  const folder = mkdtempSync(join(tmpdir(), 'gameday-mutants-'));
  let missed = 0;
  try {
    for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const mutant of mutants) {
      await step(mutant.name, async () => {
        const caught = await hunt(folder, mutant, Number(values.seeds));
        if (caught === undefined) missed += 1;
        return caught === undefined
          ? `NOT FOUND in ${values.seeds} sessions`
          : `seed ${caught.seed}, ${caught.invariant}`;
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${mutants.length - missed} of ${mutants.length} mutants caught\n`);
  return missed === 0 ? 0 : 1;
});
