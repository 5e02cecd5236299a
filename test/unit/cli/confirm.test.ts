import { beforeEach, describe, expect, test } from 'vitest';
import { type ConfirmInput, confirmRun, type Prompter } from '../../../src/cli/confirm.ts';
import { EXIT } from '../../../src/core/errors.ts';

/** What happened, in order: `plan`, and each question. */
let happened: string[];

beforeEach(() => {
  happened = [];
});

const input: ConfirmInput = {
  kind: 'lab',
  environment: 'shop',
  guarded: false,
  yes: false,
  confirm: undefined,
  canAsk: false,
  showPlan: async () => void happened.push('plan'),
};

/** Answers as told. */
function prompter(answer: { readonly yesNo?: boolean; readonly text?: string }): Prompter {
  return {
    yesNo: async (question) => {
      happened.push(question);
      return answer.yesNo;
    },
    text: async (question) => {
      happened.push(question);
      return answer.text;
    },
  };
}

const refused = { code: 'not-confirmed', exitCode: EXIT.usage };

test('the lab is never asked about', async () => {
  await confirmRun({ ...input, canAsk: true }, prompter({ yesNo: false }));
  expect(happened).toEqual([]);
});

test.each(['lab', 'staging', 'production'] as const)(
  '%s: a --confirm that was meant for another environment is refused',
  async (kind) => {
    const guarded = kind === 'production';
    for (const confirm of ['Shop', 'shop ', '', 'other'])
      await expect(
        confirmRun(
          { ...input, kind, guarded, confirm, yes: true, canAsk: true },
          prompter({ text: 'shop', yesNo: true }),
        ),
      ).rejects.toMatchObject(refused);
    expect(happened).toEqual([]);
  },
);

test('what somebody typed as a name cannot act on the terminal', async () => {
  const confirm = '\u001b[2Jshop\n';
  await expect(confirmRun({ ...input, confirm }, prompter({}))).rejects.toMatchObject({
    message: '--confirm says "shop", but this environment is "shop"',
  });
});

describe('staging', () => {
  const staging: ConfirmInput = { ...input, kind: 'staging' };

  test('--yes is enough, with or without a terminal, and so is its name', async () => {
    for (const canAsk of [true, false]) await confirmRun({ ...staging, yes: true, canAsk }, prompter({}));
    await confirmRun({ ...staging, confirm: 'shop' }, prompter({}));
    expect(happened).toEqual([]);
  });

  test('without a terminal and without --yes it is refused, and nobody is asked', async () => {
    await expect(confirmRun(staging, prompter({ yesNo: true }))).rejects.toMatchObject(refused);
    expect(happened).toEqual([]);
  });

  test.each([
    [true, true],
    [false, false],
    [undefined, false],
  ])('asked on a terminal, after the plan was shown: %s', async (yesNo, goes) => {
    const asked = confirmRun({ ...staging, canAsk: true }, prompter({ yesNo }));
    await (goes ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toMatchObject(refused));
    expect(happened).toEqual(['plan', expect.stringContaining('shop')]);
  });
});

describe.each([
  ['production', 'production', 'production'],
  ['a protected staging environment', 'staging', 'protected by the configuration'],
  ['a protected lab', 'lab', 'protected by the configuration'],
] as const)('%s', (_, kind, what) => {
  const guarded: ConfirmInput = { ...input, kind, guarded: true };

  test('--yes never replaces the name', async () => {
    await expect(confirmRun({ ...guarded, yes: true }, prompter({ yesNo: true }))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`is ${what}`),
      hint: expect.stringContaining('--confirm shop'),
    });
    expect(happened).toEqual([]);
    await expect(
      confirmRun({ ...guarded, yes: true, canAsk: true }, prompter({ text: 'y', yesNo: true })),
    ).rejects.toMatchObject(refused);
    expect(happened).toEqual(['plan', expect.stringContaining('Type its name')]);
  });

  test('--confirm with the very name is enough, and the plan is shown first', async () => {
    await confirmRun({ ...guarded, confirm: 'shop' }, prompter({}));
    expect(happened).toEqual(['plan']);
  });

  test.each([
    ['shop', true],
    ['Shop', false],
    ['shop ', false],
    ['', false],
    ['yes', false],
    [undefined, false],
  ])('typed after the plan was shown: %s', async (text, goes) => {
    const asked = confirmRun({ ...guarded, canAsk: true }, prompter({ text }));
    await (goes ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toMatchObject(refused));
    expect(happened).toEqual(['plan', expect.stringContaining(what)]);
  });

  test('a plan that cannot be shown breaks nothing', async () => {
    const showPlan = () => Promise.reject(new Error('no plan'));
    await expect(confirmRun({ ...guarded, confirm: 'shop', showPlan }, prompter({}))).rejects.toThrow('no plan');
    await expect(confirmRun({ ...guarded, canAsk: true, showPlan }, prompter({ text: 'shop' }))).rejects.toThrow(
      'no plan',
    );
  });
});
