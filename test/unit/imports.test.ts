import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkImports, type ImportRules, type SourceFile } from '../support/import-check.ts';
import table from './import-rules.json' with { type: 'json' };

const RULES: ImportRules = table;
const SRC = new URL('../../src', import.meta.url).pathname;

async function readSources(): Promise<readonly SourceFile[]> {
  const entries = await readdir(SRC, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(SRC, path), text: await readFile(path, 'utf8') })),
  );
}

describe('the house', () => {
  test('every file imports only what its folder may', async () => {
    const files = await readSources();
    expect(files.length).toBeGreaterThan(20);
    expect(checkImports(files, RULES)).toEqual([]);
  });
});

describe('the check itself', () => {
  const check = (path: string, text: string): readonly string[] => checkImports([{ path, text }], RULES);

  test.each([
    [
      'core/a.ts',
      `import { x } from '../journal/codec.ts';`,
      `imports '../journal/codec.ts': core may import none of our folders, not journal`,
    ],
    [
      'core/a.ts',
      `import { createHash } from 'node:crypto';`,
      `imports 'node:crypto': core may import none of Node's own modules`,
    ],
    [
      'core/a.ts',
      `import utc from 'dayjs/plugin/utc.js';`,
      `imports 'dayjs/plugin/utc.js': dayjs is for src/core/time.ts alone`,
    ],
    [
      'verdict/gates/a.ts',
      `import type { World } from '../../world/world.ts';`,
      `imports '../../world/world.ts': verdict may import only core, journal of our folders, not world`,
    ],
    [
      'report/a.ts',
      `export * from '../cli/main.ts';`,
      `imports '../cli/main.ts': report may import only core, journal, verdict of our folders, not cli`,
    ],
    [
      'engine/a.ts',
      `await import('../scenarios/index.ts');`,
      `imports '../scenarios/index.ts': engine may import only core, journal, verdict, world of our folders, not scenarios`,
    ],
    [
      'engine/a.ts',
      `let x: import('../platforms/lab.ts').Lab;`,
      `imports '../platforms/lab.ts': engine may import only core, journal, verdict, world of our folders, not platforms`,
    ],
    [
      'probes/a.ts',
      `import { createWorld } from '../world/node-world.ts';`,
      `imports '../world/node-world.ts': the world is made by cli and handed in`,
    ],
    [
      'probes/a.ts',
      `import { HttpFailure, Other } from '../world/world.ts';`,
      `imports '../world/world.ts': the world is made by cli and handed in`,
    ],
    [
      'lab/a.ts',
      `const w = await import('../world/world.ts');`,
      `imports '../world/world.ts': the world is made by cli and handed in`,
    ],
    [
      'ledgers/a.ts',
      `import { readFile } from 'node:fs/promises';`,
      `imports 'node:fs/promises': ledgers may import only node:crypto, node:path of Node's own modules`,
    ],
    ['ledgers/a.ts', `import { readFile } from 'fs';`, `imports 'fs': ledgers may import only zod`],
    ['probes/a.ts', `import { clack } from '@clack/prompts';`, `imports '@clack/prompts': probes may import only zod`],
    ['journal/a.ts', `import { x } from './codec';`, `imports './codec': relative imports carry their extension (.ts)`],
    ['journal/a.ts', `import { x } from '../../test/x.ts';`, `imports '../../test/x.ts': it lies outside src`],
    ['journal/a.ts', `await import(name);`, `imports '(computed: name)': journal may import none of third parties`],
    ['engine/a.ts', `const now = Date.now();`, 'uses Date.now: allowed in world, lab/api only; use world.clock'],
    [
      'engine/a.ts',
      `setTimeout(() => undefined, 1);`,
      'uses setTimeout: allowed in world, lab/api only; use world.clock',
    ],
    [
      'engine/a.ts',
      `const now = performance.now();`,
      'uses performance.now: allowed in world, lab/api only; use world.clock',
    ],
    [
      'engine/a.ts',
      `const s = AbortSignal.timeout(5);`,
      'uses AbortSignal.timeout: allowed in world, lab/api only; use world.clock',
    ],
    ['engine/a.ts', `const later = { at: new Date() };`, 'uses Date: allowed in world, lab/api only; use world.clock'],
    [
      'probes/a.ts',
      `const home = process.env.HOME;`,
      'uses process.env: allowed in world, lab/api, cli only; use world.env',
    ],
    [
      'lab/a.ts',
      `import { readConfig } from './api/config.ts';`,
      `imports './api/config.ts': lab/api is a program of its own`,
    ],
    ['stray.ts', '', 'lies in no folder of the table'],
  ])('finds what is wrong in %s, case %#', (path, text, rule) => {
    const [found, ...more] = check(path, text);
    expect(found).toContain(`src/${path}`);
    expect(found).toContain(rule);
    expect(more).toEqual([]);
  });

  test('names the line', () => {
    expect(check('core/a.ts', `// first\n\nimport '../cli/main.ts';\n`)[0]).toMatch(/^src\/core\/a\.ts:3: imports /);
  });

  test.each([
    ['core/time.ts', `import utc from 'dayjs/plugin/utc.js';`],
    ['verdict/gates/a.ts', `import { readJournal } from '../../journal/reader.ts';\nimport { b } from './b.ts';`],
    [
      'probes/a.ts',
      `import { HttpFailure, type World } from '../world/world.ts';\nimport { until } from '../world/await.ts';`,
    ],
    ['probes/a.ts', `import type { Clock } from '../world/clock.ts';\nlet x: import('../world/net.ts').Net;`],
    ['ledgers/a.ts', `const { Client } = await import('pg');`],
    [
      'world/a.ts',
      `import { execa } from 'execa';\nimport fs from 'node:fs';\nsetTimeout(() => Date.now(), process.pid);`,
    ],
    ['lab/api/server.ts', `import http from 'node:http';\nsetInterval(() => Date.now(), 1);`],
    ['cli/a.ts', `import manifest from '../../package.json' with { type: 'json' };`],
    ['lab/a.ts', `import type { ApiConfig } from './api/config.ts';`],
    ['cli/a.ts', `import { createWorld } from '../world/node-world.ts';\nprocess.exitCode = 1;`],
    ['engine/a.ts', `// new Date(), import 'pg'\nconst text = "import x from 'pg'; Date.now()";`],
    ['engine/a.ts', `clock.setTimeout(1); const o = { Date: 1 }; interface Own { fetch(): void; process: string }`],
    ['engine/a.ts', `function run(process: { env: string }) { return process.env; }\nfor (const fetch of []) fetch();`],
  ])('accepts what is right in %s, case %#', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});
