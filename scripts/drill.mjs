// One command from a clone to a verdict: set-up, build, lab up, run, lab down. A lab that was up before stays up.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { ensureModules, root } from './lib/modules.mjs';
import { run, StepFailed, script, step } from './lib/steps.mjs';
import { setup, verifyMachine } from './setup.mjs';

const gameday = join(root, 'bin', 'gameday.js');
let interrupted = false;
let child;

// gameday has a process group of its own, so that a signal reaches it exactly once: from here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });
}

/** Runs gameday with our own terminal. Resolves to its exit code. */
function live(args) {
  return new Promise((resolve, reject) => {
    child = spawn(process.execPath, [gameday, ...args], { cwd: root, stdio: 'inherit', detached: true });
    child.once('error', reject);
    child.once('close', (code) => {
      child = undefined;
      resolve(code ?? 4);
    });
  });
}

/** A lab that somebody else started is repaired by `lab up` where it must be, and left up at the end. */
async function labIsThere() {
  const { output } = await run(process.execPath, [gameday, 'lab', 'status', '--json', ...ofLab], {
    cwd: root,
    any: true,
  });
  const found = /"phase": "(\w+)"/.exec(output);
  return found !== null && found[1] !== 'none';
}

const options = process.argv.slice(2);
/** Which lab the drills are for: the one that is brought up and down. */
const { values } = parseArgs({ args: options, options: { 'lab-dir': { type: 'string' } }, strict: false });
const ofLab = typeof values['lab-dir'] === 'string' ? ['--lab-dir', values['lab-dir']] : [];

await script(async () => {
  // The options first: whoever mistyped one need not wait for servers and a lab to be told.
  verifyMachine();
  await ensureModules();
  await step('build', async () => ((await build()) ? undefined : 'up to date'));
  const checked = await live(['run', '--check-options', ...options]);
  if (checked !== 0 || options.some((one) => one === '--help' || one === '-h')) return interrupted ? 130 : checked;
  await setup();
  if (interrupted) return 130;
  const wasThere = await labIsThere();
  let exit = 130;
  try {
    const up = await live(['lab', 'up', ...ofLab]);
    if (up !== 0) throw new StepFailed('the lab did not come up', '', interrupted ? 130 : up);
    if (!interrupted) exit = await live(['run', ...options]);
  } finally {
    if (!wasThere) {
      const down = await live(['lab', 'down', ...ofLab]);
      if (down !== 0 && (exit === 0 || exit === 3)) exit = down;
    }
  }
  return exit;
});
