#!/usr/bin/env node
// Starts the program; nothing else. `--version` is answered here, before anything heavy is loaded.
import { existsSync, readFileSync } from 'node:fs';
import * as module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: gameday needs Node 20.19 or newer, this is ${process.versions.node}\n`);
  process.exit(2);
}

const first = process.argv[2];
if (process.argv.length === 3 && (first === '--version' || first === '-V')) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  const main = new URL('../dist/main.js', import.meta.url);
  if (!existsSync(main)) {
    process.stderr.write('error: gameday is not built\nhint: run `npm ci && npm run build` in the repository\n');
    process.exit(2);
  }
  module.enableCompileCache?.();
  const { main: run } = await import(main.href);
  await run(process.argv);
}
