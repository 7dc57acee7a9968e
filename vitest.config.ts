import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    // What asks an emulator takes its time to start: only where that is wanted.
    include: ['test/**/*.test.ts', ...(process.env.TIDEMARK_EMULATOR === undefined ? [] : ['test/*.emulator.ts'])],
    globalSetup: ['test/support/build-kernels.ts'],
    setupFiles: ['test/support/fuzz-seed.ts'],
    // Files of a worker share one module registry: loading the engine anew costs more than most files' tests.
    pool: 'threads',
    isolate: false,
    // On two cores the default is one worker.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    // Processes that tests start need not strip the types of all sources again: a third of the time.
    env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/node') },
  },
});
