import { describe, expect, test } from 'vitest';
import type { SelftestResult } from '../../../src/selftest/selftest.ts';
import { command, expectAllUp, labFolder, lacks, onWellLab } from '../../support/lab-drills.ts';

onWellLab();

/** The whole table takes a quarter of an hour: `gameday selftest`. This is the part with the most ways to go wrong in a minute. */
describe.skipIf(lacks('haproxy') || lacks('monitoring') || lacks('postgres'))('the selftest of D', () => {
  test('every sabotage is noticed, and the lab is well afterwards', async () => {
    const { code, stdout, stderr } = await command('selftest', '--only', 'D', '--json', '--lab-dir', labFolder);
    const result = JSON.parse(stdout) as SelftestResult & { readonly exit: number };
    expect(
      result.rows.filter((row) => !row.noticed),
      stderr.slice(-4_000),
    ).toEqual([]);
    expect(result).toMatchObject({ ok: true, exit: 0, without: [], baseline: { verdict: 'PASS' } });
    expect(result.rows.filter((row) => row.kind === 'servers').length).toBeGreaterThan(10);
    expect(code).toBe(0);
    await expectAllUp();
  });
});

test('a lab that is not there is an error with its way out', async () => {
  const { code, stderr } = await command('selftest', '--only', 'D', '--lab-dir', `${labFolder}-none`);
  expect(code).toBe(3);
  expect(stderr).toContain('hint: start it: gameday lab up');
});
