import { describe, expect, test } from 'vitest';
import { AbortedError, DeadlineError, until, withDeadline } from '../../src/world/await.ts';
import { SimWorld } from '../support/sim-world.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const simulated = (body: (world: SimWorld) => Promise<void>) => () => {
  const world = new SimWorld();
  return world.run(() => body(world));
};

describe('until', () => {
  test(
    'asks at once and then at the interval, until there is an answer',
    simulated(async ({ clock }) => {
      const asked: number[] = [];
      const start = clock.now();
      const answer = await until(clock, { everyMs: 100, signal: new AbortController().signal }, async () => {
        asked.push(clock.now() - start);
        return asked.length === 3 ? 'yes' : undefined;
      });
      expect(answer).toBe('yes');
      expect(asked).toEqual([0, 100, 200]);
    }),
  );

  test(
    'takes false and 0 for answers',
    simulated(async ({ clock }) => {
      const options = { everyMs: 100, signal: new AbortController().signal };
      expect(await until(clock, options, async () => false)).toBe(false);
      expect(await until(clock, options, async () => 0)).toBe(0);
    }),
  );

  test(
    'answers undefined when the signal aborts, in a pause or in a check that hangs',
    simulated(async ({ clock }) => {
      const start = clock.now();
      const pause = clock.deadline(250);
      expect(await until(clock, { everyMs: 1_000, signal: pause.signal }, async () => undefined)).toBeUndefined();
      expect(clock.now() - start).toBe(250);
      const hang = clock.deadline(250);
      expect(await until(clock, { everyMs: 1_000, signal: hang.signal }, never)).toBeUndefined();
      expect(clock.now() - start).toBe(500);
      expect(
        await until(clock, { everyMs: 1, signal: AbortSignal.abort() }, async () => expect.unreachable()),
      ).toBeUndefined();
    }),
  );

  test(
    'rejects when the check does',
    simulated(async ({ clock }) => {
      const { signal } = new AbortController();
      await expect(until(clock, { everyMs: 1, signal }, () => Promise.reject(new Error('broken')))).rejects.toThrow(
        'broken',
      );
    }),
  );
});

describe('withDeadline', () => {
  test(
    'gives the answer of work that is in time, and leaves no timer behind',
    simulated(async ({ clock }) => {
      expect(
        await withDeadline(clock, 100, undefined, async (signal) => {
          await clock.sleep(50, signal);
          return 'done';
        }),
      ).toBe('done');
      expect(clock.nextDueMs()).toBeUndefined();
      await expect(withDeadline(clock, 100, undefined, () => Promise.reject(new Error('broken')))).rejects.toThrow(
        'broken',
      );
      await expect(
        withDeadline(clock, 100, undefined, () => {
          throw new Error('at once');
        }),
      ).rejects.toThrow('at once');
      expect(clock.nextDueMs()).toBeUndefined();
    }),
  );

  test(
    'rejects on time even if the work ignores its signal, and swallows its late rejection',
    simulated(async ({ clock }) => {
      const start = clock.now();
      const late = withDeadline(clock, 100, undefined, async () => {
        await clock.sleep(300);
        throw new Error('nobody listens any more');
      });
      await expect(late).rejects.toMatchObject({ name: 'DeadlineError', ms: 100 });
      await expect(late).rejects.toBeInstanceOf(DeadlineError);
      expect(clock.now() - start).toBe(100);
      await clock.sleep(500);
    }),
  );

  test(
    'gives up with its parent, and does not start when that has given up before',
    simulated(async ({ clock }) => {
      const parent = clock.deadline(50);
      await expect(withDeadline(clock, 100, parent.signal, never)).rejects.toBeInstanceOf(AbortedError);
      await expect(withDeadline(clock, 100, parent.signal, () => expect.unreachable())).rejects.toBeInstanceOf(
        AbortedError,
      );
      expect(clock.nextDueMs()).toBeUndefined();
    }),
  );

  test(
    'tells the work when the time is up',
    simulated(async ({ clock }) => {
      let told: AbortSignal | undefined;
      await expect(
        withDeadline(clock, 100, undefined, (signal) => {
          told = signal;
          return never();
        }),
      ).rejects.toBeInstanceOf(DeadlineError);
      expect(told?.aborted).toBe(true);
    }),
  );
});
