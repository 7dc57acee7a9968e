import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFormat } from '../../src/formats/json/json-format.ts';
import { columnReaders } from '../../src/memory/batch-reader.ts';
import type { ScanFilter, ScanTerm } from '../../src/plan/logical.ts';
import * as t from '../../src/types/sql-type.ts';
import { decoderOf, memory } from '../support/formats/decode.ts';

const types = {
  small: t.SMALLINT(),
  n: t.INT(),
  text: t.STRING(),
  'r/big': t.BIGINT(),
  'r/price': t.DECIMAL(10, 2),
  at: t.TIMESTAMP(3),
  note: t.STRING(),
};
type Value = ReturnType<ReturnType<typeof columnReaders>[number]>;
type Rows = readonly (readonly (() => Value)[])[];

/** The rows of a text, read when they are asked for: what is left unread may hold anything. `use` sees them all. */
function decode(text: string, filter: ScanFilter | null, use: (rows: Rows) => void): void {
  const decoder = decoderOf({ format: jsonFormat, types, filter, rowsMax: 4096 });
  const bytes = Buffer.from(text);
  const room = memory.alloc(bytes.length + 64);
  memory.u8.set(bytes, room);
  try {
    const { batch, next } = decoder.decode(room, room + bytes.length, true);
    expect(next).toBe(room + bytes.length);
    const readers = columnReaders(memory, batch);
    use(Array.from({ length: batch.rowCount }, (_, row) => readers.map((read) => () => read(row))));
  } finally {
    memory.free(room);
    decoder.close();
  }
}

const test_: Record<ScanTerm['operator'], (a: bigint | string, b: bigint | string) => boolean> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function passes(row: Rows[number], { terms }: ScanFilter): boolean {
  return terms.every(({ column, operator, value }) => {
    const found = row[column]?.();
    if (found === null || found === undefined) return false;
    const [a, b] = [found, value].map((each) => (typeof each === 'string' ? each : BigInt(each as number | bigint)));
    return a !== undefined && b !== undefined && test_[operator](a, b);
  });
}

const whole = fc.integer({ min: -2, max: 3 });
const word = fc.constantFrom('', 'a', 'b', 'exactly8', 'more than eight', 'ü', 'a"b');
const keys = ['n', 'text', 'r', 'small', 'at', 'note', 'other'] as const;
const record = fc.record({
  n: fc.option(whole),
  text: fc.option(word),
  r: fc.option(fc.record({ big: fc.option(whole), price: fc.constantFrom(1, 2.5, '3.75') })),
  small: fc.option(whole),
  at: fc.constantFrom('2024-01-01 00:00:00', '2024-01-01 00:00:00.123'),
  note: word,
  other: fc.constantFrom<unknown>({ deep: [1, '}'] }, 'x', null),
});
const term = fc.oneof(
  fc.record({
    column: fc.constantFrom(0, 1, 3),
    operator: fc.constantFrom('=', '<>', '<', '<=', '>', '>='),
    value: whole,
  }),
  fc.record({ column: fc.constant(2), operator: fc.constantFrom('=', '<>'), value: word }),
) as fc.Arbitrary<ScanTerm>;

test('rows that pass a filter are what they are without it, and those that do not are rows still', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...keys], { minLength: 2 }),
      fc.array(record, { minLength: 100, maxLength: 200 }),
      fc.array(term, { minLength: 1, maxLength: 3 }),
      (present, records, terms) => {
        // Keys in one order, but for some records, so that a template is learnt.
        const text = records
          .map(
            (each, at) =>
              `${JSON.stringify(each, at % 20 === 19 ? undefined : [...present, 'big', 'price', 'deep'])}\n`,
          )
          .join('');
        const read = new Set(terms.map(({ column }) => column));
        const filter = { terms, unread: [0, 1, 2, 3, 4, 5, 6].filter((column) => !read.has(column)) };
        const passing = (rows: Rows): unknown[] =>
          rows.map((row) => (passes(row, filter) ? row.map((value) => value()) : null));
        const found: unknown[] = [];
        // With the filter first: behind the other, its values would stand in the memory.
        decode(text, filter, (rows) => void found.push(...passing(rows)));
        decode(text, null, (rows) => expect(found).toEqual(passing(rows)));
      },
    ),
    { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 2000) / 20 },
  );
});

test('a value that nobody looks at is not converted, and what stands around it is checked', () => {
  const line = (n: number, note: string): string => `{"n":${n},"small":1,"note":${note}}\n`;
  const filter: ScanFilter = { terms: [{ column: 1, operator: '=', value: 7 }], unread: [0, 2, 3, 4, 5, 6] };
  const usual = line(1, '"x"').repeat(100);
  decode(`${usual}{"n":1,"small":"none","note":"y"}\n`, filter, (rows) => expect(rows.length).toBe(101));
  expect(() => decode(`${usual}{"n":7,"small":"none","note":"y"}\n`, filter, () => {})).toThrow();
  expect(() => decode(`${usual}{"n":1,"small":1,"note":"y\n`, filter, () => {})).toThrow();
});
