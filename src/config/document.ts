import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { messageOf } from '../core/errors.ts';
import { type ConfigProblem, configError } from './problems.ts';

export type ConfigPath = readonly PropertyKey[];

/** A YAML file as plain data that still knows where each value stood. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** Place of the value at a path; of the nearest value around it where the file does not have it. */
  locate(path: ConfigPath): { readonly line: number; readonly column: number };
  /** Place of a key itself. */
  locateKey(path: ConfigPath): { readonly line: number; readonly column: number };
}

/** Aliases may be followed this many times: more is a file made to fill the memory. */
const MAX_ALIASES = 100;
/** A configuration needs fewer than ten. */
const MAX_DEPTH = 64;
/** Open brackets, or columns before the first word of a line. */
const MAX_OPEN = 200;

/** Reads one YAML document. Throws a GamedayError that names every syntax error with line and column. */
export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const counter = new LineCounter();
  const unreadable = (why: string) =>
    configError(file, [{ line: 1, column: 1, text: `cannot be read as YAML: ${why}` }]);
  if (nestsDeeply(text)) throw unreadable(`nested more than ${MAX_OPEN} levels deep`);
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'error',
  });
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    ...at(error.pos[0]),
    text: syntaxText(error.code, error.message),
  }));
  if (problems.length > 0) throw configError(file, problems);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw unreadable(messageOf(error));
  }
  if (isDeeper(value, MAX_DEPTH)) throw unreadable(`nested more than ${MAX_DEPTH} levels deep`);
  const place = (path: ConfigPath, key: boolean) => at(offsetOf(document, path, key));
  return { file, value, locate: (path) => place(path, false), locateKey: (path) => place(path, true) };
}

/**
 * Looks at the bare text, before the parser does: that one calls itself for every level, and where the stack ends Node may
 * end the whole program instead of throwing. Brackets inside of texts count too, which is no matter to so high a limit.
 */
function nestsDeeply(text: string): boolean {
  let open = 0;
  for (const char of text) {
    if (char === '[' || char === '{') open += 1;
    else if (char === ']' || char === '}') open = Math.max(0, open - 1);
    if (open > MAX_OPEN) return true;
  }
  // Each level of a block takes a column at least: of spaces, or of the marks `-`, `?` and `:`.
  return text.split(/\r\n|\r|\n/).some((line) => (/^[ \t]*(?:[-?:][ \t]+)*/.exec(line)?.[0].length ?? 0) > MAX_OPEN);
}

/** Level by level: what is nested too deeply for a function that calls itself must not meet one here. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function syntaxText(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands twice: keep one of them';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (`---`): keep one document in the file';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: YAML allows spaces only';
  return `not valid YAML: ${message}`;
}

function offsetOf(document: Document, path: ConfigPath, wantKey: boolean): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    const last = depth === path.length - 1;
    if (isMap(container)) {
      // A key that is a mapping itself has no short name: written out it may fill the memory.
      const pair = container.items.find((one) => isScalar(one.key) && String(one.key.value) === String(step));
      if (pair === undefined || !isNode(pair.key)) return offset;
      const value = isNode(pair.value) ? pair.value : null;
      // A value that is missing or goes over several lines is best shown by its key.
      const shownByKey = value === null || isMap(value) || isSeq(value) || (last && wantKey);
      offset = (shownByKey ? pair.key.range?.[0] : value.range?.[0]) ?? offset;
      node = value;
    } else if (isSeq(container)) {
      const item = container.items[Number(step)];
      if (!isNode(item)) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}
