import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const worker = fileURLToPath(new URL('support/soak/worker.ts', import.meta.url));
const seconds = Number(process.env.TIDEMARK_SOAK_SECONDS ?? 5);

/** Of a steady state that is long enough to tell; below, memory has not settled. */
const tellingSeconds = 180;
const growthMbMax = 30;

test(
  'a live stream with splits and merges and three jobs over it: nothing is lost, and memory stays as it is',
  () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [worker, String(seconds)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { put, shards, growthMb } = JSON.parse(stdout) as { put: number; shards: number; growthMb: number };
    expect(put).toBeGreaterThan(0);
    expect(shards).toBeGreaterThan(2);
    if (seconds >= tellingSeconds) expect(growthMb).toBeLessThan(growthMbMax);
  },
  (seconds * 4 + 120) * 1000,
);
