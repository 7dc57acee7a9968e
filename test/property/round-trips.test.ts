import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CastColumn, castColumns, jsonLines } from '../support/casts/columns.ts';
import { openEngine } from '../support/conformance/engine.ts';
import type { Random } from '../support/streams/random.ts';

const port = await openEngine();
const rows = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 200 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 5;

type Value = (random: Random) => string;

const valuesOf = (name: string): Value => {
  const column = castColumns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`there is no column ${name}`);
  return column.value;
};

const text: Value = (random) =>
  JSON.stringify(
    Array.from({ length: random.int(8) }, () => random.pick([...'ab "\\,;\n\t\r\u0001é√😀{}[]=|\''])).join(''),
  );
const bytes: Value = (random) =>
  JSON.stringify(Buffer.from(Array.from({ length: random.int(9) }, () => random.int(256))).toString('base64'));
const boolean: Value = (random) => random.pick(['true', 'false']);
const orNull =
  (value: Value): Value =>
  (random) =>
    random.chance(0.2) ? 'null' : value(random);
const list =
  (value: Value): Value =>
  (random) =>
    `[${Array.from({ length: random.int(4) }, () => value(random)).join()}]`;
const map =
  (key: Value, value: Value): Value =>
  (random) => {
    // A key that is written twice is read once.
    const keys = new Set(Array.from({ length: random.int(4) }, () => key(random)));
    return `{${[...keys].map((each) => `${each}:${value(random)}`).join()}}`;
  };
const row =
  (fields: Readonly<Record<string, Value>>): Value =>
  (random) =>
    `{${Object.entries(fields)
      .map(([name, value]) => `"${name}":${value(random)}`)
      .join()}}`;

const scalars: readonly Pick<CastColumn, 'name' | 'type' | 'value'>[] = [
  ...castColumns.filter(({ type }) => type !== 'STRING'),
  { name: 'boolean', type: 'BOOLEAN', value: boolean },
];

const others: readonly Pick<CastColumn, 'name' | 'type' | 'value'>[] = [
  { name: 'text', type: 'STRING', value: text },
  { name: 'bytes', type: 'BYTES', value: bytes },
  { name: 'array', type: 'ARRAY<DOUBLE>', value: list(orNull(valuesOf('double'))) },
  { name: 'array of texts', type: 'ARRAY<STRING>', value: list(orNull(text)) },
  { name: 'map', type: 'MAP<STRING, DECIMAL(38, 18)>', value: map(text, orNull(valuesOf('decimal-38-18'))) },
  {
    name: 'row',
    type: 'ROW<i BIGINT, s STRING, b BYTES, t TIMESTAMP(9), d DATE>',
    value: row({
      i: orNull(valuesOf('bigint')),
      s: orNull(text),
      b: orNull(bytes),
      t: orNull(valuesOf('timestamp-9')),
      d: orNull(valuesOf('date')),
    }),
  },
  {
    name: 'deep',
    type: 'ARRAY<ROW<m MAP<STRING, ARRAY<INT>>, r ROW<f FLOAT, l TIMESTAMP_LTZ(3)>>>',
    value: list(
      orNull(
        row({
          m: map(text, orNull(list(orNull(valuesOf('int'))))),
          r: orNull(row({ f: orNull(valuesOf('float')), l: orNull(valuesOf('instant-3')) })),
        }),
      ),
    ),
  },
];

/** The rows that remain of each answer. */
async function answers(script: string): Promise<readonly (readonly (readonly (string | null)[])[])[]> {
  const found: (readonly (readonly (string | null)[])[])[] = [];
  for await (const result of port.run(script, { scriptName: 'round trips', settings: {} })) {
    if ('error' in result) throw new Error(`${result.error.message} in ${script}`);
    found.push(result.rows.map(([, texts]) => texts));
  }
  return found;
}

async function inFolder(lines: string, run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'round-trips-'));
  try {
    writeFileSync(join(folder, 't.json'), lines);
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const table = (name: string, type: string, path: string, format: string): string =>
  `CREATE TABLE ${name} (v ${type}) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = '${format}');\n`;

describe('what is printed is read as what it was', () => {
  test.each(scalars)('$name by CAST', async ({ name, type, value }) => {
    const column: CastColumn = { name, type, value, targets: [] };
    await inFolder(jsonLines(column, rows), async (folder) => {
      const found = await answers(
        `${table('t', type, `${folder}/t.json`, 'json')}SELECT v, CAST(v AS STRING) AS text, CAST(CAST(v AS STRING) AS ${type}) AS again FROM t WHERE CAST(CAST(v AS STRING) AS ${type}) IS DISTINCT FROM v;`,
      );
      expect(found).toEqual([[]]);
    });
  });

  test.each([...scalars, ...others])('$name by the formats', async ({ name, type, value }) => {
    const column: CastColumn = { name, type, value, targets: [] };
    // A line of CSV is no nested map, and a null text of CSV is written like an empty one.
    const formats = /MAP|ROW|ARRAY|STRING/.test(type) ? ['json'] : ['json', 'csv'];
    await inFolder(jsonLines(column, rows), async (folder) => {
      for (const format of formats) {
        const options = format === 'csv' ? `csv', 'csv.null-literal' = 'nothing` : format;
        const [written, read] = await answers(
          `${table('t', type, `${folder}/t.json`, 'json')}${table('o', type, `${folder}/${format}`, options)}INSERT INTO o SELECT v FROM t;\nSELECT v FROM t;\nSELECT v FROM o;`,
        );
        expect(written?.length).toBe(rows);
        expect(read).toEqual(written);
      }
    });
  });
});
