import { defineConfig } from 'vitest/config';

const LAB_TIMEOUT_MS = 180_000;
/** A whole smoke session on a busy machine. */
const DRILL_TIMEOUT_MS = 900_000;
/** A lab is taken down at the end. */
const TEARDOWN_MS = 60_000;

/** A machine may be busy: what is quick still has this long, and only what hangs fails. */
const QUICK_TIMEOUT_MS = 30_000;

/** Five projects, from quick to slow. Those of the lab measure real servers: nothing else runs beside them. */
export default defineConfig({
  test: {
    reporters: ['default'],
    teardownTimeout: TEARDOWN_MS,
    projects: [
      ...['unit', 'simulation', 'contract'].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          testTimeout: QUICK_TIMEOUT_MS,
          hookTimeout: QUICK_TIMEOUT_MS,
          sequence: { groupOrder: 0 },
        },
      })),
      {
        test: {
          name: 'lab',
          include: ['test/lab/*.test.ts'],
          exclude: ['test/lab/cli.test.ts'],
          fileParallelism: false,
          testTimeout: LAB_TIMEOUT_MS,
          hookTimeout: LAB_TIMEOUT_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The built program on one lab that all of these files share.
        test: {
          name: 'drills',
          include: ['test/lab/drills/*.test.ts', 'test/lab/cli.test.ts'],
          globalSetup: ['test/support/lab-setup.ts'],
          fileParallelism: false,
          testTimeout: DRILL_TIMEOUT_MS,
          hookTimeout: DRILL_TIMEOUT_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
