import { type Document, isAlias, isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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

/** Reads one YAML document. Throws a GamedayError that names every syntax error with line and column. */
export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const counter = new LineCounter();
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
    throw configError(file, [{ line: 1, column: 1, text: `cannot be read as YAML: ${messageOf(error)}` }]);
  }
  const place = (path: ConfigPath, key: boolean) => at(offsetOf(document, path, key));
  return { file, value, locate: (path) => place(path, false), locateKey: (path) => place(path, true) };
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
      const pair = container.items.find((one) => isNode(one.key) && String(one.key.toJSON()) === String(step));
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
