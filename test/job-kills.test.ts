import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JobFolder, killedJobs, writeInput } from './support/jobs/killed-jobs.ts';

/** How many kills in all, spread over the jobs; CI says more. */
const kills = Number(process.env.TIDEMARK_JOB_KILLS ?? 1);
const seed = Number(process.env.TIDEMARK_JOB_SEED ?? Date.now() % 1_000_000);

/** With few kills, another job in each run. */
const jobs = kills >= killedJobs.length ? killedJobs : [killedJobs[seed % killedJobs.length]!];
const killsOfEach = Math.ceil(kills / jobs.length);

test(`a job that is killed goes on from its checkpoint: each row is written once (seed ${seed})`, {
  timeout: 1_800_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-kills-'));
  try {
    await writeInput(folder, 20_000, seed);
    const runs = new JobFolder(folder, seed);
    for (const job of jobs) {
      const start = performance.now();
      const expected = await runs.run(job, 0, 0);
      const wholeMs = performance.now() - start;
      const killed = await runs.run(job, killsOfEach, wholeMs);
      expect(expected.result.length).toBeGreaterThan(10);
      expect({ job: job.name, result: killed.result }).toEqual({ job: job.name, result: expected.result });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
