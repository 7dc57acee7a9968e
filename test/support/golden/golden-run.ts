import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { Job } from '../../../src/runtime/job.ts';
import { byNumber, remaining } from '../jobs/job-folder.ts';

/** In the root of the repository, where the jobs run: the paths of their shards are in their savepoints. */
export const goldenFolder = 'test/golden';

/** What a job wrote, or why it was refused. */
export interface GoldenRun {
  /** Sorted; of an updating result how often each row has come, less how often it is gone. */
  readonly rows: readonly string[];
  readonly refusal: string | null;
}

/** How a script runs: into a folder of its own, perhaps from a savepoint, perhaps stopped behind so many rows. */
export interface GoldenRunParts {
  readonly script: string;
  readonly folder: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly stopAt?: number;
  readonly isUpdating: boolean;
}

export async function runGolden({
  script,
  folder,
  settings = {},
  stopAt,
  isUpdating,
}: GoldenRunParts): Promise<GoldenRun> {
  const written = join(folder, 'written');
  rmSync(written, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let running: Job | null = null;
  // The job asks for the time between two batches: it stops at the same row on every run.
  const nowMs = (): number => {
    if (running !== null && running.progress().events >= (stopAt ?? Number.POSITIVE_INFINITY)) running.cancel();
    return systemClock.nowMs();
  };
  const onJob = (job: Job): void => {
    running = job;
  };
  const engine = new Engine({
    clock: { ...systemClock, nowMs },
    streamsFolder: join(folder, 'streams'),
    catalogsFolder: join(folder, 'catalogs'),
    settings: { ...settings, 'execution.checkpointing.dir': join(folder, 'jobs') },
  });
  let refusal: string | null = null;
  try {
    for await (const event of engine.run(new SourceText('golden', script), { onJob })) {
      if (event.kind === 'refused')
        refusal = event.diagnostics.map(({ code, message, help }) => `${code} ${message} ${help ?? ''}`).join('\n');
    }
  } finally {
    engine.close();
  }
  const names = readdirSync(folder).includes('written') ? readdirSync(written) : [];
  const lines = names
    .filter((name) => !name.startsWith('.'))
    .sort(byNumber)
    .flatMap((name) => readFileSync(join(written, name), 'utf8').split('\n'))
    .filter((line) => line !== '');
  return { rows: isUpdating ? remaining(lines) : lines.sort(), refusal };
}
