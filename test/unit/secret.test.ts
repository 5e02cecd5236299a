import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRedactor } from '../../src/core/secret.ts';

const AWKWARD = 'p&ss "wör\\d"/<1>+ñ%?=';

function redact(secret: string, text: string): string {
  return makeRedactor([secret])(text);
}

describe('a secret is taken out of a text', () => {
  it.each([
    ['as it is', (secret: string) => secret],
    ['in JSON', (secret: string) => JSON.stringify({ secret })],
    ['in JSON inside JSON', (secret: string) => JSON.stringify({ body: JSON.stringify({ secret }) })],
    [
      'in JSON of ASCII alone',
      (secret: string) =>
        JSON.stringify(secret).replace(
          /[^ -~]|\//gu,
          (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
        ),
    ],
    ['in a part of a URL', (secret: string) => `http://h/?p=${encodeURIComponent(secret)}&x=1`],
    ['with lower-case escapes', (secret: string) => encodeURIComponent(secret).toLowerCase()],
    ['in a form', (secret: string) => new URLSearchParams({ secret }).toString()],
    ['in a path', (secret: string) => encodeURI(`http://h/${secret}`)],
    ['in base64', (secret: string) => Buffer.from(secret).toString('base64')],
    ['in base64 for URLs', (secret: string) => Buffer.from(secret).toString('base64url')],
    ['in base64 in a URL', (secret: string) => encodeURIComponent(Buffer.from(secret).toString('base64'))],
    ['in a header of one letter', (secret: string) => `Basic ${Buffer.from(`u:${secret}`).toString('base64')}`],
    ['in a header of two letters', (secret: string) => `Basic ${Buffer.from(`us:${secret}x`).toString('base64')}`],
    ['in a header of three letters', (secret: string) => `Basic ${Buffer.from(`use:${secret}xy`).toString('base64')}`],
    [
      'in XML',
      (secret: string) =>
        secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&#62;').replaceAll('"', '&quot;'),
    ],
    ['on one line with the rest', (secret: string) => `a\n${secret.replaceAll(' ', '\n   ')}\nb`.replace(/\s+/g, ' ')],
  ])('%s', (_name, write) => {
    for (const secret of [AWKWARD, 'hunter2', '0123456789abcdef0123456789abcdef']) {
      const rest = redact(secret, write(secret));
      expect(rest).toContain('[redacted]');
      // What is left is what stood around it; base64 mixes the edges with their neighbours.
      expect(rest.replace('[redacted]', '').length, rest).toBeLessThanOrEqual(write('').length + 8);
    }
  });

  it('wherever it stands, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }),
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        (secret, before, after) => {
          fc.pre(secret.trim().length >= 4 && !'[redacted]'.includes(secret.trim()));
          const value = secret.trim();
          const hide = makeRedactor([secret]);
          expect(hide(before + secret + after)).toContain('[redacted]');
          expect(hide(JSON.stringify(before + secret + after))).toContain('[redacted]');
          if (!`${before}[redacted]${after}`.includes(value))
            expect(hide(before + secret + after)).not.toContain(value);
        },
      ),
    );
  });

  it('also where two secrets overlap or follow each other', () => {
    const hide = makeRedactor(['abcdef', 'defghi', 'xyz1']);
    expect(hide('-abcdefghi-')).toBe('-[redacted]-');
    expect(hide('xyz1xyz1')).toBe('[redacted]');
    expect(hide('xyz1 xyz1')).toBe('[redacted] [redacted]');
  });

  it('also where a cut went through it', () => {
    const secret = '0123456789abcdef';
    expect(redact(secret, 'login failed for u:0123456789a')).toBe('login failed for u:[redacted]');
    expect(redact(secret, 'login failed for u:0123456789a…')).toBe('login failed for u:[redacted]…');
    expect(redact(secret, '56789abcdef is wrong')).toBe('[redacted] is wrong');
    expect(redact(secret, '0123456 is another number')).toBe('0123456 is another number');
  });
});

describe('everything else', () => {
  it('stays as it is', () => {
    const hide = makeRedactor(['QWXQWXQWX']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        fc.pre(!/[QWX]/.test(text));
        expect(hide(text)).toBe(text);
      }),
    );
    expect(redact('abc', 'abc')).toBe('abc');
    expect(redact('    ', 'a    b')).toBe('a    b');
    expect(makeRedactor([])('text')).toBe('text');
  });

  it('takes no time worth the name', () => {
    const hide = makeRedactor(Array.from({ length: 12 }, (_, index) => `${index}`.repeat(32)));
    const text = 'connect ECONNREFUSED 127.0.0.1:5433 '.repeat(5);
    let left = 0;
    for (let round = 0; round < 2_000; round += 1) left += hide(text).length;
    expect(left).toBe(2_000 * text.length);
  });
});
