import { isJsonObject } from '../../../src/core/json.ts';

/** What a journal's bytes say about one armed fault, read without the product's own reader. */
export interface ArmedNote {
  readonly scenario: string;
  readonly fault: string;
  readonly node: string;
  requested: boolean;
  /** The journal says that no command was given. */
  spared: boolean;
  settled: boolean;
  restored: boolean;
}

const TYPES = ['undo.armed', 'fault.requested', 'fault.settled', 'undo.settled'];

/** Oldest first. */
export function armedNotes(bytes: Buffer): readonly ArmedNote[] {
  const notes: ArmedNote[] = [];
  const text = bytes.toString('latin1');
  for (const { at, type } of placesOf(text)) {
    const start = text.lastIndexOf('\n', at) + 1;
    const end = text.indexOf('\n', at);
    const line = text.slice(start, end === -1 ? undefined : end);
    const record = parse(line);
    if (record === undefined) continue;
    const { scenario, fault, undo, outcome, commandGiven } = record;
    if (typeof scenario !== 'string' || typeof fault !== 'string') continue;
    if (type === 'undo.armed') {
      const node = isJsonObject(undo) && isJsonObject(undo.node) ? String(undo.node.name) : '';
      notes.push({ scenario, fault, node, requested: false, spared: false, settled: false, restored: false });
      continue;
    }
    const note = notes.findLast((one) => one.fault === fault);
    if (note === undefined) continue;
    if (type === 'fault.requested') note.requested = true;
    else if (type === 'fault.settled') note.spared = commandGiven === false;
    else Object.assign(note, { settled: true, restored: outcome === 'restored' });
  }
  return notes;
}

/** Where such events stand, in order. A long journal is searched, not parsed. */
function placesOf(text: string): readonly { readonly at: number; readonly type: string }[] {
  const places: { at: number; type: string }[] = [];
  for (const type of TYPES) {
    const wanted = `"type":"${type}"`;
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) places.push({ at, type });
  }
  return places.sort((a, b) => a.at - b.at);
}

/** Undefined for what a dying writer has left. */
function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
