import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FileReport } from './run-file.ts';
import type { WorkerAnswer, WorkerRequest } from './worker.ts';

/** Runs files on all cores, one worker each, and yields the reports as they come. */
export async function* runFiles(paths: readonly string[], filter: string): AsyncGenerator<FileReport> {
  const waiting = [...paths];
  const ready: (FileReport | Error)[] = [];
  let wake = (): void => {};

  const start = (): Worker => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    const give = () => {
      const path = waiting.shift();
      if (path === undefined) void worker.terminate();
      else worker.postMessage({ path, filter } satisfies WorkerRequest);
    };
    worker.on('message', (answer: WorkerAnswer) => {
      ready.push(answer.kind === 'report' ? answer.report : new Error(answer.text));
      give();
      wake();
    });
    worker.on('error', (error) => {
      ready.push(error);
      wake();
    });
    give();
    return worker;
  };

  const workers = Array.from({ length: Math.min(availableParallelism(), paths.length) }, start);
  try {
    for (let done = 0; done < paths.length; ) {
      const next = ready.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) {
        yield next;
        done++;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
