import { describe, expect, test } from 'vitest';
import { type ConfirmInput, confirmRun, type Prompter } from '../../../src/cli/confirm.ts';
import { EXIT } from '../../../src/core/errors.ts';

const input: ConfirmInput = {
  kind: 'lab',
  environment: 'shop',
  what: 'A',
  yes: false,
  confirm: undefined,
  canAsk: false,
};

/** Answers as told, and remembers what was asked. */
function prompter(answer: {
  readonly yesNo?: boolean;
  readonly text?: string;
}): Prompter & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    yesNo: async (question) => {
      asked.push(question);
      return answer.yesNo;
    },
    text: async (question) => {
      asked.push(question);
      return answer.text;
    },
  };
}

const refused = { code: 'not-confirmed', exitCode: EXIT.usage };

test('the lab is never asked about', async () => {
  const asking = prompter({ yesNo: false });
  await confirmRun({ ...input, canAsk: true }, asking);
  expect(asking.asked).toEqual([]);
});

describe('staging', () => {
  const staging: ConfirmInput = { ...input, kind: 'staging' };

  test('--yes is enough, with or without a terminal', async () => {
    for (const canAsk of [true, false]) await confirmRun({ ...staging, yes: true, canAsk }, prompter({}));
  });

  test('without a terminal and without --yes it is refused, and nobody is asked', async () => {
    const asking = prompter({ yesNo: true });
    await expect(confirmRun(staging, asking)).rejects.toMatchObject(refused);
    expect(asking.asked).toEqual([]);
  });

  test.each([
    [true, true],
    [false, false],
    [undefined, false],
  ])('asked on a terminal: %s', async (yesNo, goes) => {
    const asked = confirmRun({ ...staging, canAsk: true }, prompter({ yesNo }));
    await (goes ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toMatchObject(refused));
  });
});

describe('production', () => {
  const production: ConfirmInput = { ...input, kind: 'production' };

  test('--yes never replaces the name', async () => {
    await expect(confirmRun({ ...production, yes: true }, prompter({}))).rejects.toMatchObject({
      ...refused,
      hint: expect.stringContaining('--confirm shop'),
    });
    const asking = prompter({ text: 'y' });
    await expect(confirmRun({ ...production, yes: true, canAsk: true }, asking)).rejects.toMatchObject(refused);
    expect(asking.asked).toHaveLength(1);
  });

  test('--confirm must be the very name', async () => {
    await confirmRun({ ...production, confirm: 'shop' }, prompter({}));
    for (const confirm of ['Shop', 'shop ', ''])
      await expect(confirmRun({ ...production, confirm }, prompter({}))).rejects.toMatchObject(refused);
  });

  test.each([
    ['shop', true],
    ['other', false],
    [undefined, false],
  ])('typed: %s', async (text, goes) => {
    const asked = confirmRun({ ...production, canAsk: true }, prompter({ text }));
    await (goes ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toMatchObject(refused));
  });
});
