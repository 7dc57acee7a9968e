import { describe, expect, test } from 'vitest';
import { openEngine } from './support/conformance/engine.ts';
import { readTranscripts, transcriptFolder } from './support/slt/files.ts';
import { cellsOf, nameOf } from './support/slt/matrix.ts';
import { runTranscript } from './support/slt/run-transcript.ts';

const port = await openEngine();

describe('transcripts answer the same in every cell of the matrix', () => {
  for (const transcript of readTranscripts(transcriptFolder)) {
    test(transcript.path, { timeout: 60_000 }, async () => {
      for (const cell of cellsOf(transcript.pins)) {
        const mismatches = await runTranscript(port, transcript, cell);
        expect({ cell: nameOf(cell), mismatches }).toEqual({ cell: nameOf(cell), mismatches: [] });
      }
    });
  }
});
