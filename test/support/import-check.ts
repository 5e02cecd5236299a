import { posix } from 'node:path';
import { type GlobalUse, type ImportStatement, parseSource } from './import-parser.ts';

/** The table of who may import whom, as `test/unit/import-rules.json` holds it. Folders are relative to `src`. */
export interface ImportRules {
  readonly folders: Readonly<Record<string, FolderRule>>;
  readonly grants: Readonly<Record<string, Grant>>;
  readonly bans: readonly Ban[];
}

interface FolderRule {
  /** Folder to grant. A folder may always import from itself. */
  readonly folders: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  /** Node's own modules; `*` for all of them. */
  readonly builtins: readonly string[];
  /** Package to the one file that may import it. */
  readonly onlyIn?: Readonly<Record<string, string>>;
  /** Files beside `src` that may be imported. */
  readonly outside?: readonly string[];
}

/** Types may always be imported from a folder that is granted at all; `values` says what else, by file. */
interface Grant {
  readonly why: string;
  readonly values: string | Readonly<Record<string, string | readonly string[]>>;
}

interface Ban {
  /** `process` stands for every use of it, `performance.now` for that one. */
  readonly names: readonly string[];
  readonly allowedIn: readonly string[];
  readonly instead: string;
}

export interface SourceFile {
  /** Relative to `src`: `verdict/gates/rto.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One line for each violation: the file and line, what stands there, the rule. Empty when all is well. */
export function checkImports(files: readonly SourceFile[], rules: ImportRules): readonly string[] {
  return files.flatMap((file) => checkFile(file, rules));
}

function checkFile(file: SourceFile, rules: ImportRules): readonly string[] {
  const folder = folderOf(file.path, rules);
  const rule = folder === undefined ? undefined : rules.folders[folder];
  if (folder === undefined || rule === undefined)
    return [`src/${file.path}: lies in no folder of the table; every file has a room`];
  const { imports, globals } = parseSource(file.path, file.text);
  const place = (line: number): string => `src/${file.path}:${line}`;
  return [
    ...imports.flatMap((one) => {
      const reason = forbidden(one, file.path, folder, rule, rules);
      return reason === undefined ? [] : [`${place(one.line)}: imports '${one.specifier}': ${reason}`];
    }),
    ...globals.flatMap((one) => {
      const ban = rules.bans.find((candidate) => isBanned(one, candidate) && !candidate.allowedIn.includes(folder));
      if (ban === undefined) return [];
      return [`${place(one.line)}: uses ${one.name}: allowed in ${ban.allowedIn.join(', ')} only; ${ban.instead}`];
    }),
  ];
}

/** The longest folder of the table that holds the file: `lab/api` goes before `lab`. */
function folderOf(path: string, rules: ImportRules): string | undefined {
  const holding = Object.keys(rules.folders).filter((folder) => path.startsWith(`${folder}/`));
  return holding.sort((a, b) => b.length - a.length)[0];
}

function forbidden(
  one: ImportStatement,
  path: string,
  folder: string,
  rule: FolderRule,
  rules: ImportRules,
): string | undefined {
  if (one.specifier.startsWith('.')) return forbiddenFile(one, path, folder, rule, rules);
  if (one.specifier.startsWith('node:')) {
    if (rule.builtins.includes('*') || rule.builtins.includes(one.specifier)) return undefined;
    return `${folder} may import ${listed(rule.builtins)} of Node's own modules`;
  }
  const name = packageOf(one.specifier);
  if (!rule.packages.includes(name)) return `${folder} may import ${listed(rule.packages)} of third parties`;
  const only = rule.onlyIn?.[name];
  return only === undefined || only === path ? undefined : `${name} is for src/${only} alone`;
}

function forbiddenFile(
  one: ImportStatement,
  path: string,
  folder: string,
  rule: FolderRule,
  rules: ImportRules,
): string | undefined {
  const target = posix.join(posix.dirname(path), one.specifier);
  if (!/\.(ts|json)$/.test(target)) return 'relative imports carry their extension (.ts)';
  if (target.startsWith('../')) return rule.outside?.includes(target.slice(3)) ? undefined : 'it lies outside src';
  const to = folderOf(target, rules);
  if (to === undefined) return 'its target lies in no folder of the table';
  if (to === folder) return undefined;
  const granted = rule.folders[to];
  const grant = granted === undefined ? undefined : rules.grants[granted];
  if (grant === undefined) return `${folder} may import ${listed(Object.keys(rule.folders))} of our folders, not ${to}`;
  if (grant.values === 'all' || one.values.length === 0) return undefined;
  const allowed = typeof grant.values === 'string' ? undefined : grant.values[target];
  if (allowed === 'all') return undefined;
  const isAllowed = (name: string): boolean => Array.isArray(allowed) && allowed.includes(name);
  if (one.values !== 'all' && one.values.every(isAllowed)) return undefined;
  return `${grant.why} (use \`import type\`)`;
}

function isBanned(use: GlobalUse, ban: Ban): boolean {
  return ban.names.some((name) => use.name === name || use.name.startsWith(`${name}.`));
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `only ${names.join(', ')}`;
}
