import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageFile, readMessage } from '../../../src/engine/inbox-message.ts';

const isPlain = (text: string): boolean => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

describe('a message in the inbox', () => {
  test('any bytes are a message of one plain line, or a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = readMessage(bytes);
        return 'problem' in read ? read.problem !== '' : isPlain(read.text);
      }),
    );
  });

  test('any JSON is, too', () => {
    const almost = fc.record(
      { kind: fc.oneof(fc.constantFrom('note', 'abort'), fc.jsonValue()), text: fc.jsonValue(), gap: fc.jsonValue() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (value) => {
        const read = readMessage(new TextEncoder().encode(JSON.stringify(value)));
        if ('problem' in read) return read.problem !== '';
        return isPlain(read.text) && (read.kind === 'abort' || read.text !== '');
      }),
    );
  });

  test('what the commands write is read again', () => {
    const message = { kind: 'note', text: 'the page "came" after 2 min: 😀', gap: true } as const;
    expect(readMessage(new TextEncoder().encode(messageFile(message)))).toEqual(message);
  });
});
