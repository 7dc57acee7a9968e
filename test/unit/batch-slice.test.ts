import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { arrowSchemaOf, exportArrow } from '../../src/memory/arrow/arrow-export.ts';
import { ArrowImport } from '../../src/memory/arrow/arrow-import.ts';
import { columnReaders } from '../../src/memory/batch-reader.ts';
import { BatchSlice } from '../../src/memory/batch-slice.ts';
import { writeBatch } from '../../src/memory/batch-writer.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, BOOLEAN, DECIMAL, INT, STRING } from '../../src/types/sql-type.ts';

const memory = Memory.create();
const arena = new Arena(memory, 65_536);
const schema: Schema = [
  { name: 'flag', type: BOOLEAN() },
  { name: 'small', type: INT() },
  { name: 'big', type: BIGINT(false) },
  { name: 'exact', type: DECIMAL(38, 0) },
  { name: 'text', type: STRING() },
];

test('a slice has the rows of its range, in either encoding', () => {
  const row = fc.tuple(
    fc.option(fc.boolean()),
    fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.option(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })),
    fc.option(fc.string({ maxLength: 5 })),
  );
  const arrow = new ArrowImport(memory, arrowSchemaOf(schema));
  const slice = new BatchSlice(memory, schema.length);
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 40 }),
      fc.nat(40),
      fc.nat(40),
      fc.constantFrom('native' as const, 'arrow' as const),
      (rows, a, b, encoding) => {
        const [from, to] = [Math.min(a, b, rows.length - 1), Math.min(Math.max(a, b) + 1, rows.length)];
        arena.reset();
        const native = writeBatch(memory, arena, schema, rows);
        const batch = encoding === 'native' ? native : arrow.batch(exportArrow(memory, native));
        expect(batch.encoding).toBe(encoding);
        const sliced = slice.of(batch, from, to);
        const readers = columnReaders(memory, sliced);
        const got = Array.from({ length: sliced.rowCount }, (_, index) => readers.map((read) => read(index)));
        expect(got).toEqual(rows.slice(from, to).map((cells) => [...cells]));
      },
    ),
    { numRuns: 500 },
  );
});
