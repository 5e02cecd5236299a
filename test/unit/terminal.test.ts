import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { guarded } from '../../src/world/terminal.ts';

class FakeStream extends EventEmitter {
  isTTY = true;
  columns = 120;
  written: string[] = [];
  failure: Error | undefined;

  write(text: string): boolean {
    if (this.failure !== undefined) throw this.failure;
    this.written.push(text);
    return true;
  }
}

test('writes, and reads the width at each look', () => {
  const stream = new FakeStream();
  const out = guarded(stream);
  out.write('hello');
  stream.columns = 60;
  expect(stream.written).toEqual(['hello']);
  expect({ columns: out.columns, isTTY: out.isTTY, broken: out.broken }).toEqual({
    columns: 60,
    isTTY: true,
    broken: false,
  });
});

test('survives a closed terminal and writes nothing more', () => {
  const stream = new FakeStream();
  const out = guarded(stream);
  stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(out.broken).toBe(true);
  out.write('lost');
  expect(stream.written).toEqual([]);
});

test('never throws when the stream does', () => {
  const stream = new FakeStream();
  const out = guarded(stream);
  stream.failure = new Error('destroyed');
  out.write('lost');
  expect(out.broken).toBe(true);
});
