import { wallOf } from '../core/time.ts';

const LEADING = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-]\d\d):?(\d\d))(?:\s|$)/;

/** The time with which a line begins, and the rest of the line. A time without a zone may be anybody's: it is none. */
export function leadingTime(line: string): { readonly wallMs: number; readonly rest: string } | undefined {
  const [head, date, time, fraction = '', hours, minutes] = LEADING.exec(line) ?? [];
  if (head === undefined) return undefined;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const wallMs = wallOf(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`);
  return wallMs === undefined ? undefined : { wallMs, rest: line.slice(head.length) };
}
