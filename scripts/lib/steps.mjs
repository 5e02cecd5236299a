// Progress for people: one line a step with the seconds it took; the output of a step is shown only when it fails.
import { spawn } from 'node:child_process';

/** A step that failed, with its own output. */
export class StepFailed extends Error {
  constructor(message, output = '', exitCode = 1) {
    super(message);
    this.output = output;
    this.exitCode = exitCode;
  }
}

/** Children that are running, so that Ctrl-C reaches them and no script leaves one behind. */
const running = new Set();

/** Runs `work` and prints `name ... 1.2s`. `work` may return a text that is added to the line. */
export async function step(name, work) {
  const began = performance.now();
  try {
    const extra = await work();
    process.stderr.write(`${name}${extra ? ` (${extra})` : ''}: ${seconds(began)}\n`);
    return extra;
  } catch (error) {
    process.stderr.write(`${name}: failed after ${seconds(began)}\n`);
    throw error;
  }
}

function seconds(began) {
  return `${((performance.now() - began) / 1_000).toFixed(1)}s`;
}

/**
 * Runs a program with captured output (`show: true` lets it write to our own stderr). Rejects with StepFailed when it
 * does not end with 0, unless `any: true`. `say` is called every 15 s with the seconds so far.
 */
export function run(file, args, { cwd, env, show = false, any = false, say, input = 'ignore' } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: env ?? process.env,
      stdio: [input, show ? 2 : 'pipe', show ? 2 : 'pipe'],
    });
    running.add(child);
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    const timer = say && setInterval(() => say(Math.round((performance.now() - began) / 1_000)), 15_000);
    const done = () => {
      running.delete(child);
      clearInterval(timer);
    };
    child.once('error', (error) => {
      done();
      reject(new StepFailed(`${file} could not be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      done();
      if (code === 0 || any) resolve({ code: code ?? 1, output });
      else reject(new StepFailed(`${[file, ...args].join(' ')} ended with ${signal ?? code}`, output, code ?? 1));
    });
  });
}

let interrupted = false;

/**
 * From now on a signal ends the children and not us: what a step has put somewhere is taken away again before we go.
 * Ctrl-C on a terminal reaches the children by itself.
 */
function outliveChildren() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      interrupted = true;
      if (signal !== 'SIGINT' || !process.stdin.isTTY) for (const child of running) child.kill(signal);
    });
  }
}

/** Runs a script's main function: prints what failed with its output, and ends with its code. */
export async function script(main) {
  outliveChildren();
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof StepFailed) {
      if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = interrupted ? 130 : error.exitCode || 1;
    } else {
      process.stderr.write(`${error?.stack ?? error}\n`);
      process.exitCode = 4;
    }
  }
}
