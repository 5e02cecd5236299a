import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommands, parseReplies, type RespReply, RespSyntaxError } from '../../../src/probes/resp.ts';

function encodeReply(reply: RespReply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if ('error' in reply) return `-${reply.error}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join('')}`;
}

const word = fc.string({ unit: fc.constantFrom('a', '1', ' ', '\r\n', '*', '$', '-', 'é', '…', '🙂') });
const line = word.filter((text) => !/[\r\n]/.test(text));
const { reply } = fc.letrec<{ reply: RespReply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer(),
    fc.constant(null),
    line.map((error) => ({ error })),
    fc.array(tie('reply'), { maxLength: 5 }),
  ),
}));

describe('parseReplies', () => {
  it('reads back whatever a server says', () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), (replies) => {
        expect(parseReplies(replies.map(encodeReply).join(''))).toEqual(replies);
      }),
    );
  });

  it('reads simple strings', () => {
    expect(parseReplies('+OK\r\n+\r\n')).toEqual(['OK', '']);
    expect(parseReplies('*-1\r\n')).toEqual([null]);
  });

  it('says of garbage that it is garbage, and nothing worse', () => {
    const garbage = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString()),
      fc.string({ unit: fc.constantFrom('*', '$', ':', '-', '+', '\r\n', '1', '9', '-1', 'a') }),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          parseReplies(text);
        } catch (error) {
          expect(error).toBeInstanceOf(RespSyntaxError);
        }
      }),
    );
  });

  it('never takes half an answer for a whole one', () => {
    fc.assert(
      fc.property(reply, fc.nat(), (one, seed) => {
        const bytes = Buffer.from(encodeReply(one));
        const cut = bytes.subarray(0, 1 + (seed % (bytes.length - 1))).toString('utf8');
        expect(() => parseReplies(cut)).toThrow(RespSyntaxError);
      }),
    );
  });

  it('refuses answers that nest without end', () => {
    expect(() => parseReplies('*1\r\n'.repeat(10_000))).toThrow(RespSyntaxError);
  });
});

describe('encodeCommands', () => {
  it('counts bytes and not letters, and ends with what makes every server close', () => {
    expect(encodeCommands([['SET', 'k', 'é']])).toBe('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\né\r\n*1\r\n!\r\n');
  });
});
