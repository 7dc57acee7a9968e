import { createHash } from 'node:crypto';
import {
  Int32,
  makeData,
  makeVector,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import { rowTexts } from '../../src/session/result-text.ts';
import type { AnswerHeader } from '../../src/session/statement-event.ts';

/** What is written into the pipeline, over the rows of a table, against what JavaScript says. */

const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 200) / 40;

interface Row {
  readonly name: string;
  readonly ms: number;
  readonly i: number;
  readonly cents: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  name: fc.oneof(
    // Around the 16 bytes that a kernel takes at once.
    fc.string({ unit: fc.constantFrom('a', 'B', 'z', '0', '/', '=', ' '), maxLength: 50 }),
    fc.string({ unit: fc.constantFrom('a', 'E', 'é', '√', '😀'), maxLength: 20 }),
    fc.constantFrom('item=42&q', 'an item=7', 'item=item=1', 'user-000042', 'user-0000423', 'x'.repeat(33)),
  ),
  // The years 1 to 9999, and the days around 1970.
  ms: fc.oneof(
    fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
  ),
  i: fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -2, max: 2 })),
  cents: fc.integer({ min: -99_999_999, max: 99_999_999 }),
});

const createTable = `CREATE TABLE t (name STRING NOT NULL, ts TIMESTAMP(3), us TIMESTAMP(6), i INT, cents INT)
  WITH ('connector' = 'arrow', 'batches' = 't');`;

/** The texts of the expressions over each row. */
async function answers(rows: readonly Row[], expressions: readonly string[]): Promise<readonly (readonly string[])[]> {
  const times = (type: TimestampMillisecond | TimestampMicrosecond, unit: bigint) =>
    makeVector(makeData({ type, length: rows.length, data: BigInt64Array.from(rows, ({ ms }) => BigInt(ms) * unit) }));
  const ints = (value: (row: Row) => number) =>
    makeVector(makeData({ type: new Int32(), length: rows.length, data: Int32Array.from(rows, value) }));
  const table = new Table({
    name: vectorFromArray(
      rows.map(({ name }) => name),
      new Utf8(),
    ),
    ts: times(new TimestampMillisecond(), 1n),
    us: times(new TimestampMicrosecond(), 1000n),
    i: ints(({ i }) => i),
    cents: ints(({ cents }) => cents),
  });
  const engine = new Engine({ memory, recordBatches: new Map([['t', table.batches]]) });
  const sql = `${createTable} SELECT ${expressions.join(', ')} FROM t;`;
  let header: AnswerHeader | undefined;
  const found: string[][] = [];
  for await (const event of engine.run(new SourceText('test', sql))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'answer') header = event.header;
    if (event.kind !== 'rows' || header === undefined) continue;
    const textsOf = rowTexts(header);
    for (const each of event.rows) found.push(textsOf(each).map((text) => text ?? 'NULL'));
  }
  engine.close();
  return found;
}

/** Each expression gives what its model says of the row. */
async function agree(models: Readonly<Record<string, (row: Row) => string | number | boolean>>): Promise<void> {
  const shown = (value: string | number | boolean): string =>
    typeof value === 'boolean' ? String(value).toUpperCase() : String(value);
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 100 }), async (rows) => {
      const found = await answers(rows, Object.keys(models));
      expect(found).toEqual(rows.map((each) => Object.values(models).map((model) => shown(model(each)))));
    }),
    { numRuns },
  );
}

const digest = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
const capital = (text: string): string => text.toUpperCase();

test('texts are searched, cut and turned by their code points', () =>
  agree({
    'CHAR_LENGTH(name)': ({ name }) => [...name].length,
    'UPPER(name)': ({ name }) => capital(name),
    'LOWER(name)': ({ name }) => name.toLowerCase(),
    'REVERSE(name)': ({ name }) => [...name].reverse().join(''),
    'SUBSTRING(name, 3, 15)': ({ name }) => [...name].slice(2, 17).join(''),
    'SUBSTRING(name, 18)': ({ name }) => [...name].slice(17).join(''),
    "POSITION('item' IN name)": ({ name }) =>
      [...name.split('item')[0]!].length + 1 - (name.includes('item') ? 0 : [...name].length + 1),
    "REPLACE(name, 'a', 'bcd')": ({ name }) => name.replaceAll('a', 'bcd'),
    "name || '/' || name": ({ name }) => `${name}/${name}`,
  }));

test('texts are compared with literals of any length', () =>
  agree({
    "name = 'item=42&q'": ({ name }) => name === 'item=42&q',
    "'user-000042' <> name": ({ name }) => name !== 'user-000042',
    [`name = '${'x'.repeat(33)}'`]: ({ name }) => name === 'x'.repeat(33),
    "name LIKE 'user-0000%'": ({ name }) => name.startsWith('user-0000'),
    "name LIKE '%item=%'": ({ name }) => name.includes('item='),
    "name LIKE 'item=42&q'": ({ name }) => name === 'item=42&q',
    "name LIKE 'a%B%/'": ({ name }) => /^a.*B.*\/$/s.test(name),
    "REGEXP(name, 'item=(\\d+)')": ({ name }) => /item=(\d+)/.test(name),
    "COALESCE(REGEXP_EXTRACT(name, '(it)em=(\\d+)', 2), '-')": ({ name }) => /item=(\d+)/.exec(name)?.[1] ?? '-',
    "REGEXP(name, '[aE]é|√😀')": ({ name }) => /[aE]é|√😀/.test(name),
  }));

test('patterns match, count and replace as in JavaScript', () =>
  agree({
    "REGEXP_REPLACE(name, '[aE]+', '<>')": ({ name }) => name.replaceAll(/[aE]+/gu, '<>'),
    "REGEXP_REPLACE(name, 'x*', '.')": ({ name }) => name.replaceAll(/x*/gu, '.'),
    "REGEXP_REPLACE(name, 'item', '')": ({ name }) => name.replaceAll('item', ''),
    "REGEXP_REPLACE(name, '^a|😀', 'é')": ({ name }) => name.replaceAll(/^a|😀/gu, 'é'),
    "REGEXP_COUNT(name, 'x*')": ({ name }) => [...name.matchAll(/x*/gu)].length,
    "REGEXP_COUNT(name, 'a(.)')": ({ name }) => [...name.matchAll(/a(.)/gu)].length,
    "REGEXP_INSTR(name, '[0é]')": ({ name }) => name.search(/[0é]/u) + 1,
    "COALESCE(REGEXP_SUBSTR(name, 'e[mr].*[0-9]'), '-')": ({ name }) => /e[mr].*[0-9]/u.exec(name)?.[0] ?? '-',
    "COALESCE(SPLIT_INDEX(name, 61, 1), '-')": ({ name }) => name.split('=')[1] ?? '-',
    "COALESCE(SPLIT_INDEX(name, 233, 0), '-')": ({ name }) => (name === '' ? '-' : name.split('é')[0]!),
  }));

test('digests are those of the bytes', () =>
  agree(
    Object.fromEntries(
      ['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'].flatMap((name) => [
        [`${name}(name)`, (of: Row) => digest(name, of.name)],
        // Several blocks.
        [`${name}(REPEAT(name, 9))`, (of: Row) => digest(name, of.name.repeat(9))],
      ]),
    ),
  ));

test('fields and floors of times are those of the date that is shown', () => {
  const date = ({ ms }: Row): Date => new Date(ms);
  const floored = (size: number) => (of: Row) =>
    new Date(Math.floor(of.ms / size) * size).toISOString().slice(-24, -1).replace('T', ' ');
  const both = (unit: string, model: (row: Row) => number) => ({
    [`EXTRACT(${unit} FROM ts)`]: model,
    [`EXTRACT(${unit} FROM us)`]: model,
    [`EXTRACT(${unit} FROM CAST(us AS TIMESTAMP(9)))`]: model,
  });
  return agree({
    ...both('YEAR', (of) => date(of).getUTCFullYear()),
    ...both('QUARTER', (of) => Math.floor(date(of).getUTCMonth() / 3) + 1),
    ...both('MONTH', (of) => date(of).getUTCMonth() + 1),
    ...both('DAY', (of) => date(of).getUTCDate()),
    ...both('DOW', (of) => date(of).getUTCDay() + 1),
    ...both('HOUR', (of) => date(of).getUTCHours()),
    ...both('MINUTE', (of) => date(of).getUTCMinutes()),
    ...both('SECOND', (of) => date(of).getUTCSeconds()),
    ...both('MILLISECOND', (of) => date(of).getUTCMilliseconds()),
    ...both('MICROSECOND', (of) => date(of).getUTCMilliseconds() * 1000),
    ...both('EPOCH', ({ ms }) => Math.trunc(ms / 1000)),
    'MONTH(CAST(ts AS DATE))': (of) => date(of).getUTCMonth() + 1,
    'FLOOR(ts TO SECOND)': floored(1000),
    'FLOOR(ts TO MINUTE)': floored(60_000),
    'FLOOR(ts TO HOUR)': floored(3_600_000),
    'FLOOR(ts TO DAY)': floored(86_400_000),
    'CAST(FLOOR(us TO HOUR) AS TIMESTAMP(3))': floored(3_600_000),
  });
});

test('short decimals are exact, and a choice is the first branch that is TRUE', () => {
  const decimal = (unscaled: bigint, scale: number): string => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
  const price = 'CAST(cents AS DECIMAL(8, 0)) * 0.01';
  return agree({
    'CAST(i AS DECIMAL(12, 2))': ({ i }) => decimal(BigInt(i) * 100n, 2),
    [price]: ({ cents }) => decimal(BigInt(cents), 2),
    [`${price} + 1.125`]: ({ cents }) => decimal(BigInt(cents) * 10n + 1125n, 3),
    [`${price} - CAST(i AS DECIMAL(12, 2))`]: ({ cents, i }) => decimal(BigInt(cents) - BigInt(i) * 100n, 2),
    'CAST(i AS DECIMAL(10, 0)) * 1.125': ({ i }) => decimal(BigInt(i) * 1125n, 3),
    "CASE WHEN i < 0 THEN 'low' WHEN i = cents OR i > 1 THEN 'odd' WHEN i < 2 THEN 'mid' ELSE name END": ({
      name,
      i,
      cents,
    }) => (i < 0 ? 'low' : i === cents || i > 1 ? 'odd' : i < 2 ? 'mid' : name),
    "CASE WHEN i < 0 THEN 'low' WHEN i < 2 THEN 'mid' ELSE name END": ({ name, i }) =>
      i < 0 ? 'low' : i < 2 ? 'mid' : name,
    'IF(i > cents, i, cents)': ({ i, cents }) => Math.max(i, cents),
  });
});
