/** One token of PromQL that matters here: a name, a text in quotes (as it stands), or a single character. */
const TOKEN = /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[A-Za-z_:][\w:]*|\d[\w.]*|[\s\S]/gu;
const NAME = /^[A-Za-z_:][\w:]*$/u;

/** Words that stand where a metric could and are none. */
const WORDS = new Set([
  'and',
  'or',
  'unless',
  'atan2',
  'bool',
  'offset',
  'inf',
  'nan',
  'start',
  'end',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
]);
/** What follows these in parentheses are names of labels. */
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

/**
 * The series that an expression reads, each once, as selectors without ranges: `up{job="x"}`. An expression over what is
 * absent says nothing by having no series: for it the list is empty.
 */
export function selectorsOf(query: string): readonly string[] {
  const tokens = (query.match(TOKEN) ?? []).filter((token) => token.trim() !== '' && !token.startsWith('#'));
  if (tokens.some((token) => token === 'absent' || token === 'absent_over_time')) return [];
  const found = new Set<string>();
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1];
    if (token === '[') at = closing(tokens, at, ']');
    else if (LABEL_LISTS.has(token.toLowerCase()) && next === '(') at = closing(tokens, at + 1, ')');
    else if (token === '{') {
      const end = closing(tokens, at, '}');
      found.add(tokens.slice(at, end + 1).join(''));
      at = end;
    } else if (NAME.test(token) && next === '{') {
      const end = closing(tokens, at + 1, '}');
      found.add(tokens.slice(at, end + 1).join(''));
      at = end;
    } else if (NAME.test(token) && next !== '(' && !isWord(token, next)) found.add(token);
  }
  return [...found];
}

/** `sum by (x) (…)`: an aggregation's name is followed by its grouping. */
function isWord(token: string, next: string | undefined): boolean {
  return WORDS.has(token.toLowerCase()) || next === 'by' || next === 'without';
}

function closing(tokens: readonly string[], from: number, bracket: string): number {
  const end = tokens.indexOf(bracket, from);
  return end === -1 ? tokens.length : end;
}
