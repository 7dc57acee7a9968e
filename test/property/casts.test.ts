import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CastRow, hashes, readAnswers } from '../support/casts/answers.ts';
import { castColumns, castScript, chunkRows, jsonLines, rowCount } from '../support/casts/columns.ts';
import { openEngine } from '../support/conformance/engine.ts';

const port = await openEngine();
const flink = readAnswers();
const rows = process.env.TIDEMARK_FUZZ_RUNS === undefined ? chunkRows : rowCount;

async function answers(sql: string): Promise<readonly CastRow[]> {
  for await (const result of port.run(sql, { scriptName: 'casts', settings: {} })) {
    if ('error' in result) throw new Error(result.error.message);
    return result.rows.map(([, texts]) => texts);
  }
  return [];
}

describe('casts of random values are those of Flink', () => {
  test.each(castColumns)('$name', async (column) => {
    const folder = mkdtempSync(join(tmpdir(), 'casts-'));
    try {
      writeFileSync(join(folder, 't.json'), jsonLines(column, rows));
      const own = hashes(column, await answers(castScript(column, join(folder, 't.json'))));
      // Rows from 500 n on; `test/support/casts/ask.ts --show` tells what Flink answered there.
      const different = column.targets.flatMap((target, at) => {
        const expected = flink.get(`${column.name}: ${target}`) ?? [];
        const chunks = own[at] ?? [];
        return chunks.flatMap((hash, chunk) =>
          hash === expected[chunk] ? [] : [`${target}: rows from ${chunk * chunkRows}`],
        );
      });
      expect(different).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
