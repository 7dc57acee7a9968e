import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CastColumn, chunkRows } from './columns.ts';

/** What Flink answered: `column: target hash hash ...`, a hash for each chunk of rows. */
export const answersFile = fileURLToPath(new URL('../../flink/casts/answers.txt', import.meta.url));

export type CastRow = readonly (string | null)[];

/** The hashes of each target's texts, chunk by chunk. */
export function hashes({ targets }: CastColumn, rows: readonly CastRow[]): readonly (readonly string[])[] {
  return targets.map((_, column) => {
    const chunks: string[] = [];
    for (let from = 0; from < rows.length; from += chunkRows) {
      const texts = rows.slice(from, from + chunkRows).map((row) => row[column] ?? null);
      chunks.push(createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 8));
    }
    return chunks;
  });
}

export function printAnswers(column: CastColumn, rows: readonly CastRow[]): string {
  return hashes(column, rows)
    .map((chunks, at) => `${column.name}: ${column.targets[at]} = ${chunks.join(' ')}\n`)
    .join('');
}

/** `column: target` to the hashes of its chunks. */
export function readAnswers(): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync(answersFile, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [name, chunks] = line.split(' = ');
      return name === undefined || chunks === undefined ? [] : [[name, chunks.split(' ')] as const];
    }),
  );
}
