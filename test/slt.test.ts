import { describe, expect, test } from 'vitest';
import { openEngine } from './support/conformance/engine.ts';
import { readTranscripts, transcriptFolder } from './support/slt/files.ts';
import { cellsOf, nameOf, pairsOf } from './support/slt/matrix.ts';
import { runTranscript } from './support/slt/run-transcript.ts';

const port = await openEngine();

/** TIDEMARK_SLT=all runs every cell, as CI does; else each two choices meet once. */
const chosen =
  process.env.TIDEMARK_SLT === 'all' ? cellsOf : (...pins: Parameters<typeof cellsOf>) => pairsOf(cellsOf(...pins));

describe('transcripts answer the same in the cells of the matrix', () => {
  for (const transcript of readTranscripts(transcriptFolder)) {
    test(transcript.path, { timeout: 60_000 }, async () => {
      for (const cell of chosen(transcript.pins)) {
        const mismatches = await runTranscript(port, transcript, cell);
        expect({ cell: nameOf(cell), mismatches }).toEqual({ cell: nameOf(cell), mismatches: [] });
      }
    });
  }
});
