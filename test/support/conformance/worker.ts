import { parentPort } from 'node:worker_threads';
import { readCorpusFile } from './corpus.ts';
import { openEngine } from './engine.ts';
import { readList } from './known-differences.ts';
import { stackOf } from './outcome.ts';
import { folded } from './run-expressions.ts';
import { type FileReport, runFile } from './run-file.ts';

export interface WorkerRequest {
  readonly path: string;
  readonly filter: string;
}

export type WorkerAnswer =
  | { readonly kind: 'report'; readonly report: FileReport }
  | { readonly kind: 'fault'; readonly text: string };

// TIDEMARK_RESTARTS=1: a job is stopped behind each batch, and goes on from its checkpoint.
const restarts = process.env.TIDEMARK_RESTARTS === '1';
const port = await openEngine({ restarts });

parentPort?.on('message', ({ path, filter }: WorkerRequest) => {
  void report(path, filter).then((answer) => parentPort?.postMessage(answer));
});

async function report(path: string, filter: string): Promise<WorkerAnswer> {
  try {
    const file = readCorpusFile(path);
    const run = { port, known: readList(file.area), forms: [folded], filter, endsBundles: restarts };
    return { kind: 'report', report: await runFile(file, run) };
  } catch (fault) {
    return { kind: 'fault', text: stackOf(fault) };
  }
}
