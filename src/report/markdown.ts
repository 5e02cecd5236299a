import Mustache from 'mustache';
import { messageOf } from '../core/errors.ts';
import type { ReportModel } from './model.ts';
import { safeMarkdown, safeText } from './safe.ts';

/** Cells and paragraphs may be long, but not without end. */
const LONGEST = 700;

/**
 * Fills a logic-less template. `{{name}}` is escaped for Markdown, so that no text of a server can draw a table, a link
 * or a tag; `{{{name}}}` is for code blocks and leaves Markdown alone, but control characters are gone there too.
 * Throws when the template cannot be parsed: `templateProblem` finds that out before a session begins.
 */
export function renderMarkdown(model: ReportModel, templateText: string): string {
  return Mustache.render(
    templateText,
    shown(model),
    {},
    { escape: (value: unknown) => safeMarkdown(String(value), LONGEST) },
  );
}

/** Why a template cannot be used, or undefined. */
export function templateProblem(templateText: string): string | undefined {
  try {
    Mustache.parse(templateText);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The model with every text on one line and without control characters. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value, LONGEST);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item)]));
  }
  return value;
}
