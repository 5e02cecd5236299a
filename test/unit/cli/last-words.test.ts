import { expect, test } from 'vitest';
import { lastWords } from '../../../src/cli/last-words.ts';
import { EXIT, type ExitCode } from '../../../src/core/errors.ts';
import { SimWorld } from '../../support/sim-world.ts';

/** How the end goes with a reader that takes everything after so long; null: never. */
async function ends(
  exitCode: ExitCode,
  arrivesAfterMs: number | null,
  signalAfterMs?: number,
): Promise<{ readonly code: ExitCode; readonly tookMs: number }> {
  const world = new SimWorld();
  let result: { code: ExitCode; tookMs: number } | undefined;
  await world.run(async () => {
    const begun = world.clock.now();
    const arrived = arrivesAfterMs === null ? new Promise<void>(() => undefined) : world.clock.sleep(arrivesAfterMs);
    if (signalAfterMs !== undefined) void world.clock.sleep(signalAfterMs).then(() => world.signals.raise('SIGINT'));
    const code = await lastWords(world, exitCode, arrived);
    result = { code, tookMs: world.clock.now() - begun };
  });
  if (result === undefined) throw new Error('it never ended');
  return result;
}

test.each([EXIT.pass, EXIT.fail, EXIT.inconclusive])('a slow reader is waited for with exit code %i', async (code) => {
  expect(await ends(code, 3_600_000)).toEqual({ code, tookMs: 3_600_000 });
});

test.each([EXIT.notRestored, EXIT.internal, EXIT.interrupted])(
  'a reader that does not read holds up no end with exit code %i',
  async (code) => {
    expect(await ends(code, 3_000)).toEqual({ code, tookMs: 3_000 });
    expect(await ends(code, null)).toEqual({ code, tookMs: 10_000 });
  },
);

test('a signal ends the wait: output that was cut off is no PASS, and every other code stays', async () => {
  expect(await ends(EXIT.pass, null, 500)).toEqual({ code: EXIT.interrupted, tookMs: 500 });
  expect(await ends(EXIT.fail, null, 500)).toEqual({ code: EXIT.fail, tookMs: 500 });
  expect(await ends(EXIT.notRestored, null, 500)).toEqual({ code: EXIT.notRestored, tookMs: 500 });
});
