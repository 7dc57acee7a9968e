import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flinkFunctions } from '../../src/functions/flink-functions.ts';
import { aggregateFunctions, functionNames, scalarFunctions } from '../../src/functions/registry.ts';
import { openEngine } from '../support/conformance/engine.ts';
import { referenceText } from '../support/reference/reference.ts';

const port = await openEngine();

/** What remains of an answer's only column and row. */
async function answer(sql: string): Promise<string | null | undefined> {
  for await (const result of port.run(`SELECT ${sql};`, { scriptName: sql, settings: {} })) {
    if ('error' in result) throw new Error(result.error.message);
    return result.rows.at(-1)?.[1][0];
  }
  return undefined;
}

describe('the registry', () => {
  // A name with a $ is the engine's own.
  const entries = [...scalarFunctions, ...aggregateFunctions].filter(({ name }) => !name.startsWith('$'));

  test.each(entries.flatMap((entry) => entry.examples ?? []))('$sql is $result', async ({ sql, result }) => {
    expect(await answer(sql)).toBe(result);
  });

  test('every function of Flink has an entry, but for what is not executed yet', () => {
    const names = new Set(functionNames());
    expect([...flinkFunctions].filter((name) => !names.has(name) && !notExecuted.has(name))).toEqual([]);
  });

  test('a function says what it does, and shows it unless each call gives another value', () => {
    const silent = entries.filter((entry) => entry.summary === '' || (entry.examples ?? []).length === 0);
    expect(silent.map(({ name }) => name).sort()).toEqual(withoutExample);
  });

  test('the reference page is current: npm run reference', () => {
    expect(readFileSync(new URL('../../src/functions/REFERENCE.md', import.meta.url), 'utf8')).toBe(referenceText());
  });
});

/** Bound where they stand (OVER, GROUP BY, patterns, the catalog), or refused as not supported yet. */
const notExecuted: ReadonlySet<string> = new Set(
  `APPROX_COUNT_DISTINCT ARRAY_AGG CLASSIFIER COLLECT CUME_DIST CURRENT_DATABASE DENSE_RANK GROUPING GROUPING_ID GROUP_ID
   HASH_CODE JSON_ARRAYAGG JSON_OBJECTAGG LAG LEAD MATCH_PROCTIME MATCH_ROWTIME ML_PREDICT NTILE OBJECT_OF OBJECT_UPDATE
   PERCENTILE PERCENT_RANK RANK ROW_NUMBER SOURCE_WATERMARK STREAMRECORD_TIMESTAMP SUM0 VECTOR_SEARCH`
    .trim()
    .split(/\s+/),
);

/** What only a stream with a watermark has. */
const withoutExample: readonly string[] = ['CURRENT_WATERMARK'];
