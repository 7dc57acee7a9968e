import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StreamStore } from '../src/streams/stream-store.ts';
import { JobFolder } from './support/jobs/job-folder.ts';
import { inputStreams, writeInput } from './support/jobs/job-input.ts';
import { type KilledJob, killedJobs } from './support/jobs/killed-jobs.ts';
import { livingJob, livingQueries } from './support/jobs/living-jobs.ts';
import { Random } from './support/streams/random.ts';

/** How many kills in all, spread over the jobs; CI says more. */
const kills = Number(process.env.TIDEMARK_JOB_KILLS ?? 1);
const seed = Number(process.env.TIDEMARK_JOB_SEED ?? Date.now() % 1_000_000);
/** Of the jobs, those whose names have this in them. */
const wanted = process.env.TIDEMARK_JOB_NAME ?? '';

const all: readonly (KilledJob | string)[] = [...killedJobs, ...livingQueries];
const named = all.filter((job) => (typeof job === 'string' ? job : job.name).includes(wanted));
/** With few kills, another job in each run. */
const jobs = kills >= named.length ? named : [named[seed % named.length]!];
const killsOfEach = Math.ceil(kills / jobs.length);

test(`a job that is killed goes on from its checkpoint: each row is written once (seed ${seed})`, {
  timeout: 3_600_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-kills-'));
  try {
    const store = new StreamStore(join(folder, inputStreams));
    if (jobs.some((job) => typeof job !== 'string')) await writeInput(folder, store, 20_000, seed);
    const runs = new JobFolder(folder, new Random(seed));
    for (const each of jobs) {
      const job = typeof each === 'string' ? await livingJob(each, store) : each;
      const start = performance.now();
      const expected = await runs.run(job, 0, 0);
      const wholeMs = performance.now() - start;
      const killed = await runs.run(job, killsOfEach, wholeMs);
      expect(expected.result.length).toBeGreaterThan(0);
      expect({ job: job.name, result: killed.result }).toEqual({ job: job.name, result: expected.result });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
