import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-kernels.ts'],
    // Every file gets its own module registry but not its own process: starting one costs more than most tests.
    pool: 'threads',
    // On two cores the default is one worker.
    maxWorkers: '100%',
    testTimeout: 20_000,
  },
});
