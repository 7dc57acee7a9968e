import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { aggregateFunctions, scalarFunctions } from '../../src/functions/registry.ts';
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

  test('a function says what it does, and shows it unless each call gives another value', () => {
    const silent = entries.filter((entry) => entry.summary === '' || (entry.examples ?? []).length === 0);
    expect(silent.map(({ name }) => name).sort()).toEqual(withoutExample);
  });

  test('the reference page is current: npm run reference', () => {
    expect(readFileSync(new URL('../../src/functions/REFERENCE.md', import.meta.url), 'utf8')).toBe(referenceText());
  });
});

/** What only a stream with a watermark has. */
const withoutExample: readonly string[] = ['CURRENT_WATERMARK'];
