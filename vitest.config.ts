import { defineConfig } from 'vitest/config';

const LAB_TIMEOUT_MS = 180_000;

/** Four projects, from quick to slow. The lab's tests measure real servers: nothing else runs beside them. */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      { test: { name: 'simulation', include: ['test/simulation/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: LAB_TIMEOUT_MS,
          hookTimeout: LAB_TIMEOUT_MS,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
