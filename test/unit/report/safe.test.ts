import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeMarkdown, safeText } from '../../../src/report/safe.ts';

const ESC = '\u001b';

describe('safeText', () => {
  it('takes out what a terminal would obey and keeps what a person can read', () => {
    expect(safeText(`${ESC}[31mred${ESC}[0m ${ESC}[2Jgone`)).toBe('red gone');
    expect(safeText(`${ESC}]0;title\u0007after`)).toBe(']0;titleafter');
    expect(safeText('\u009b31mred')).toBe('red');
    expect(safeText('a\r\nb\tc\u2028d')).toBe('a b c d');
    expect(safeText('pg-1\u202egpj.exe\u200b')).toBe('pg-1gpj.exe');
    expect(safeText('half a pair: \ud800.')).toBe('half a pair: .');
  });

  it('cuts by characters, not in the middle of one', () => {
    expect(safeText('😀😀😀😀', 3)).toBe('😀😀…');
    expect(safeText('abc', 3)).toBe('abc');
  });

  it('is one line without control characters, whatever comes in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x10ffff), { maxLength: 100 }), (points) => {
        const text = String.fromCodePoint(...points);
        const safe = safeText(text, 50);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect([...safe].length).toBeLessThanOrEqual(50);
      }),
    );
  });
});

describe('safeMarkdown', () => {
  it('escapes what would draw tables, links, emphasis, code or tags', () => {
    expect(safeMarkdown('a|b<script>')).toBe('a\\|b&lt;script>');
    expect(safeMarkdown('[x](http://y) `z` *b* _i_ ~s~ &amp;')).toBe(
      '\\[x\\](http://y) \\`z\\` \\*b\\* \\_i\\_ \\~s\\~ &amp;amp;',
    );
    expect(safeMarkdown('back\\slash')).toBe('back\\\\slash');
  });

  it('leaves a word with an underscore, a figure and an option as they are', () => {
    for (const text of ['wait_primary', '4.61s', '-00:18.80', '+00:04.62', 'a-postgres-failover.md # Detection']) {
      expect(safeMarkdown(text)).toBe(text);
    }
  });

  it('escapes what would begin a heading, a quotation or a list', () => {
    expect(safeMarkdown('# big')).toBe('\\# big');
    expect(safeMarkdown('> said')).toBe('\\> said');
    expect(safeMarkdown('- item')).toBe('\\- item');
    expect(safeMarkdown('1. first')).toBe('1\\. first');
  });

  it('never leaves a bar, a tag or a code mark unescaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('|', '\\', '<', '`', '*', '_', 'a', ' ', '[', ']', '\n') }),
        (text) => {
          expect(safeMarkdown(text).replace(/\\./gu, '')).not.toMatch(/[|<`*[\]\n]/u);
        },
      ),
    );
  });
});
