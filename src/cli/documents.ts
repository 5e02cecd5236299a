import { join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import type { ScenarioPlan } from '../core/scenario.ts';
import { sha256 } from '../journal/codec.ts';
import type { RunbookSeen, SessionStarted } from '../journal/events.ts';
import { templateProblem } from '../report/markdown.ts';
import type { World } from '../world/world.ts';
import { packageRoot } from './package.ts';

const TEMPLATE = 'TEMPLATE.md';

/** The report's form: the user's own copy beside the sessions, else the one of the package. */
export async function findTemplate(world: Pick<World, 'fs'>, sessions: string): Promise<SessionStarted['template']> {
  const own = join(sessions, TEMPLATE);
  const shipped = join(packageRoot(), 'sessions', TEMPLATE);
  for (const [path, source] of [
    [own, own],
    [shipped, 'gameday/sessions/TEMPLATE.md'],
  ] as const) {
    const text = await world.fs.readText(path);
    if (text === undefined) continue;
    const problem = templateProblem(text);
    if (problem !== undefined) {
      throw new GamedayError({
        code: 'bad-template',
        message: `the report's template ${path} cannot be used: ${problem}`,
        hint: 'mend it, or remove it to use the one that comes with gameday',
        exitCode: EXIT.usage,
      });
    }
    return { source, sha256: sha256(text), text };
  }
  throw new GamedayError({
    code: 'no-template',
    message: `there is no ${own} and none in the package`,
    hint: 'install gameday again',
    exitCode: EXIT.internal,
  });
}

/** Folders in which runbooks are looked for, in this order: the configured one, `runbooks` here, the package's own. */
export function runbookFolders(
  configured: string | undefined,
  cwd: string,
): readonly { readonly path: string; readonly shown: string }[] {
  const first = configured === undefined ? [] : [{ path: configured, shown: configured }];
  return [
    ...first,
    { path: join(cwd, 'runbooks'), shown: 'runbooks' },
    { path: join(packageRoot(), 'runbooks'), shown: 'gameday/runbooks' },
  ];
}

/** Where each scenario's runbook was found, with its hash and headings. A missing one has no hash, which is a gap. */
export async function findRunbooks(
  world: Pick<World, 'fs'>,
  plans: readonly ScenarioPlan[],
  folders: readonly { readonly path: string; readonly shown: string }[],
): Promise<readonly RunbookSeen[]> {
  return Promise.all(plans.map((plan) => findRunbook(world, plan, folders)));
}

async function findRunbook(
  world: Pick<World, 'fs'>,
  plan: ScenarioPlan,
  folders: readonly { readonly path: string; readonly shown: string }[],
): Promise<RunbookSeen> {
  for (const folder of folders) {
    const text = await world.fs.readText(join(folder.path, plan.runbook.path));
    if (text !== undefined)
      return {
        scenario: plan.id,
        path: join(folder.shown, plan.runbook.path),
        sha256: sha256(text),
        headings: headingsOf(text),
      };
  }
  return { scenario: plan.id, path: join(folders[0]?.shown ?? '', plan.runbook.path), sha256: null, headings: [] };
}

/** The headings of a Markdown text, those inside code blocks left out. */
export function headingsOf(markdown: string): readonly string[] {
  let fence = '';
  return markdown.split(/\r?\n/).flatMap((line) => {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && fence === '') fence = mark;
    else if (mark !== undefined && fence !== '' && mark[0] === fence[0] && mark.length >= fence.length) fence = '';
    const heading = fence === '' ? /^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$/.exec(line)?.[1] : undefined;
    return heading === undefined ? [] : [heading];
  });
}
