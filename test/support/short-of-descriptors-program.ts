import { closeSync, openSync } from 'node:fs';
import { codeOf } from '../../src/world/errno.ts';
import { createWorld } from '../../src/world/node-world.ts';

/** A process that has no descriptor left when it follows a program. It says how that ended, and whether it works again later. */
const { exec } = createWorld();

async function follow(): Promise<string> {
  try {
    for await (const _ of exec.follow('true', [], { signal: new AbortController().signal }));
    return 'it ended';
  } catch (error) {
    return error instanceof Error ? `${error.message}: ${codeOf(error.cause)}` : 'thrown';
  }
}

const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // That was the last one.
}
const short = await follow();
for (const descriptor of taken) closeSync(descriptor);
process.stdout.write(JSON.stringify([short, await follow()]));
