import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTranscript, type Transcript } from './transcript.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of the transcripts that `npm test` runs. */
export const transcriptFolder = join(root, 'test/sql');

/** The transcripts in a folder, sorted by path; none where there is no folder. */
export function readTranscripts(folder: string): Transcript[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.slt'))
    .sort()
    .map((name) => readTranscript(join(folder, name)));
}

export function readTranscript(file: string): Transcript {
  return parseTranscript(relative(root, file), readFileSync(file, 'utf8'));
}
