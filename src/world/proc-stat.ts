import type { ProcessInfo } from './world.ts';

/**
 * Reads one line of /proc/PID/stat. The name stands in parentheses and may itself hold spaces and parentheses, so
 * everything is counted from the last closing one. Undefined when the line has another form.
 */
export function parseProcStat(line: string): ProcessInfo | undefined {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open === -1 || close < open) return undefined;
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, parent, group, session] = fields;
  const startTime = fields[19];
  const pid = Number(line.slice(0, open));
  if (!Number.isInteger(pid) || state === undefined || startTime === undefined) return undefined;
  return {
    pid,
    name: line.slice(open + 1, close),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
  };
}

/** A zombie has ended and only waits for its parent to take notice; X is a process in the act of going. */
export function isDead(state: string): boolean {
  return state === 'Z' || state === 'X' || state === 'x';
}
