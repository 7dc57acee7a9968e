import { describe, expect, test } from 'vitest';
import { openEngine } from './support/conformance/engine.ts';
import { readTranscripts, transcriptFolder } from './support/slt/files.ts';
import { nameOf } from './support/slt/matrix.ts';
import { runTranscript } from './support/slt/run-transcript.ts';

const port = await openEngine({ restarts: true });

/** TIDEMARK_SLT=all, as in CI: all of them; else every fifth. */
const isChosen = (at: number): boolean => process.env.TIDEMARK_SLT === 'all' || at % 5 === 0;

describe('transcripts answer the same when the job is stopped behind each batch and goes on from its checkpoint', () => {
  for (const transcript of readTranscripts(transcriptFolder).filter((_, at) => isChosen(at))) {
    test(transcript.path, { timeout: 120_000 }, async () => {
      const { batchSize, shards, zone } = transcript.pins;
      const cell = { batchSize: batchSize ?? 1, shards: shards ?? 1, optimizer: true, zone: zone ?? 'UTC' };
      // As in Flink, a bundle of rows ends with a checkpoint.
      const comparesChanges = !transcript.steps.some(
        (step) => 'sql' in step && step.sql.includes('table.exec.mini-batch'),
      );
      const mismatches = await runTranscript(port, transcript, cell, { comparesChanges });
      expect({ cell: nameOf(cell), mismatches }).toEqual({ cell: nameOf(cell), mismatches: [] });
    });
  }
});
