import {
  Schema as ArrowSchema,
  BinaryView,
  Bool,
  Data,
  type DataType,
  DateMillisecond,
  Dictionary,
  DurationMicrosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Int8,
  Int32,
  Int64,
  LargeUtf8,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Struct,
  TimeMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Type,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
  Utf8View,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { arrowSchemaOf, exportArrow } from '../../src/memory/arrow/arrow-export.ts';
import { ArrowImport } from '../../src/memory/arrow/arrow-import.ts';
import { arrowField, arrowTypeOf, sqlTypeOfArrow } from '../../src/memory/arrow/arrow-types.ts';
import { arrowOfValues, valuesOfArrow } from '../../src/memory/arrow/arrow-values.ts';
import type { Batch } from '../../src/memory/batch.ts';
import { columnAddresses, columnReader } from '../../src/memory/batch-reader.ts';
import { writeBatch } from '../../src/memory/batch-writer.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import { decodeNested, encodeNested, type NestedValue } from '../../src/memory/nested.ts';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAP,
  MULTISET,
  ROW,
  SMALLINT,
  type SqlType,
  STRING,
  sameType,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  typeText,
} from '../../src/types/sql-type.ts';

const memory = Memory.create();

/** What is there of each type, with values at the ends of its range. */
const direct: [SqlType, CellValue[]][] = [
  [BOOLEAN(), [true, false, true]],
  [TINYINT(), [-128, 127, 0]],
  [SMALLINT(), [-32_768, 32_767, 1]],
  [INT(), [-(2 ** 31), 2 ** 31 - 1, 7]],
  [BIGINT(), [-(2n ** 63n), 2n ** 63n - 1n, 0n]],
  [FLOAT(), [0.5, -1.25, Number.POSITIVE_INFINITY]],
  [DOUBLE(), [0.1, -1e300, Number.NaN]],
  [DECIMAL(38, 10), [10n ** 38n - 1n, -(10n ** 38n - 1n), -1n]],
  [STRING(), ['zürich', '', '東京 with a longer text']],
  [BYTES(), [Uint8Array.of(0, 255), new Uint8Array(), Uint8Array.of(7)]],
  [DATE(), [-1, 0, 20_000]],
  [TIME(3), [0, 86_399_999, 1]],
  [TIMESTAMP(3), [-1n, 0n, 1_700_000_000_000n]],
  [TIMESTAMP(6), [-1n, 0n, 1_700_000_000_000_000n]],
  [TIMESTAMP_LTZ(3), [-1n, 0n, 1n]],
  [INTERVAL_YEAR_MONTH(), [-14, 0, 3]],
  [INTERVAL_DAY_TIME(), [-5n, 0n, 10n ** 12n]],
];
const row = ROW([
  { name: 'x', type: INT() },
  { name: 'y', type: ARRAY(STRING()) },
]);
const converted: [SqlType, NestedValue[]][] = [
  [TIMESTAMP(9), [-1n, 2n ** 62n, 0n]],
  [TIMESTAMP_LTZ(9), [-1n, 2n ** 62n, 0n]],
  [ARRAY(INT()), [[1, null, 3], [], [4]]],
  [ARRAY(ARRAY(DECIMAL(10, 2))), [[[1n], []], [null], []]],
  [
    row,
    [
      [1, ['a', null]],
      [null, []],
      [2, null],
    ],
  ],
  [
    MAP(STRING(false), row),
    [
      [
        ['k', [1, ['z']]],
        ['l', null],
      ],
      [],
      [['m', [null, null]]],
    ],
  ],
];

/** The same values and a NULL now and then, often enough to fill more than one byte of bits. */
function withNulls<T>(values: readonly T[], count: number): (T | null)[] {
  return Array.from({ length: count }, (_, index) => (index % 5 === 3 ? null : values[index % values.length]!));
}

const schemaOf = (types: readonly SqlType[]) => types.map((type, index) => ({ name: `c${index}`, type }));

function isNested(type: SqlType): boolean {
  return ['ARRAY', 'ROW', 'MAP', 'MULTISET'].includes(type.kind);
}

function columnOf(batch: Batch, column: number): NestedValue[] {
  const { type } = batch.schema[column]!;
  const read = columnReader(memory, batch, column);
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const value = read(row);
    return value instanceof Uint8Array && isNested(type) ? decodeNested(type, value) : value;
  });
}

function recordBatchOf(columns: readonly (readonly [SqlType, readonly NestedValue[]])[]): RecordBatch {
  const schema = new ArrowSchema(columns.map(([type], index) => arrowField(`c${index}`, type)));
  const length = columns[0]![1].length;
  const children = columns.map(([type, values]) => arrowOfValues(type, values));
  return new RecordBatch(schema, new Data(new Struct(schema.fields), 0, length, 0, undefined, children));
}

/** As it comes through a file or a socket. */
function throughIpc(batch: RecordBatch): RecordBatch {
  return [...RecordBatchReader.from(RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true))][0]!;
}

describe('arrow types', () => {
  test('an SQL type comes back from its Arrow type', () => {
    for (const [type] of [...direct, ...converted]) {
      const back = sqlTypeOfArrow(arrowTypeOf(type), type.nullable);
      expect(sameType(back, type), `${typeText(type)} came back as ${typeText(back)}`).toBe(true);
    }
    expect(typeText(sqlTypeOfArrow(arrowTypeOf(MULTISET(STRING(false)))))).toBe('MAP<STRING NOT NULL, INT NOT NULL>');
  });

  test('types that SQL has not become the next wider', () => {
    const text = (type: DataType) => typeText(sqlTypeOfArrow(type, false));
    expect([new Uint8(), new Uint32(), new Uint64(), new Float16()].map(text)).toEqual([
      'SMALLINT NOT NULL',
      'BIGINT NOT NULL',
      'DECIMAL(20, 0) NOT NULL',
      'FLOAT NOT NULL',
    ]);
    expect(text(new TimestampSecond('Europe/Berlin'))).toBe('TIMESTAMP_LTZ(0) NOT NULL');
    expect(text(new Dictionary(new Utf8(), new Int32()))).toBe('STRING NOT NULL');
    expect(text(new FixedSizeBinary(4))).toBe('BINARY(4) NOT NULL');
  });
});

describe('import', () => {
  test("columns with the engine's layout are taken as they are, and slices of them", () => {
    const columns = direct.map(([type, values]) => [type, withNulls(values, 40)] as const);
    const batch = throughIpc(recordBatchOf(columns));
    const arrow = new ArrowImport(memory, batch.schema);
    expect(arrow.schema).toEqual(schemaOf(direct.map(([type]) => type)));
    for (const [from, to] of [
      [0, 40],
      [3, 40],
      [8, 19],
      [11, 11],
      [39, 40],
    ] as const) {
      const taken = arrow.batch(batch.slice(from, to));
      expect(taken.encoding).toBe('arrow');
      expect(taken.rowCount).toBe(to - from);
      for (const [index, [, values]] of columns.entries())
        expect(columnOf(taken, index)).toEqual(values.slice(from, to));
    }
    arrow.close();
  });

  test('one column of another layout makes all native, with the same values', () => {
    const columns = [...direct, ...converted].map(([type, values]) => [type, withNulls(values, 30)] as const);
    const batch = throughIpc(recordBatchOf(columns));
    const arrow = new ArrowImport(memory, batch.schema);
    for (const [from, to] of [
      [0, 30],
      [5, 29],
      [9, 9],
    ] as const) {
      const taken = arrow.batch(batch.slice(from, to));
      expect(taken.encoding).toBe('native');
      for (const [index, [type, values]] of columns.entries()) {
        expect(columnOf(taken, index), typeText(type)).toEqual(values.slice(from, to));
      }
    }
    arrow.close();
  });

  test("buffers in the engine's memory are not copied, also when it has grown since", () => {
    const count = 1_000;
    const address = memory.alloc(count * 8);
    const values = new BigInt64Array(memory.wasm.buffer, address, count);
    values.forEach((_, index) => {
      values[index] = BigInt(index);
    });
    memory.alloc(memory.wasm.buffer.byteLength);
    const schema = new ArrowSchema([new Field('n', new Int64(), false)]);
    const data = makeData({ type: new Int64(), length: count, nullCount: 0, data: values });
    const arrow = new ArrowImport(memory, schema);
    const whole = new RecordBatch(schema, new Data(new Struct(schema.fields), 0, count, 0, undefined, [data]));
    const batch = arrow.batch(whole);
    expect(columnAddresses(memory, batch, 0).values).toBe(address);
    const slice = arrow.batch(whole.slice(10, 20));
    expect(columnAddresses(memory, slice, 0).values).toBe(address + 80);
    expect(columnOf(slice, 0)).toEqual(Array.from({ length: 10 }, (_, index) => BigInt(index + 10)));
  });

  test('dictionaries, views and wide offsets of text are text', () => {
    const values = ['a', 'text of more than twelve bytes', null, 'a', ''];
    for (const type of [
      new Dictionary(new Utf8(), new Int8()),
      new Dictionary(new LargeUtf8(), new Int32()),
      new LargeUtf8(),
      new Utf8View(),
    ]) {
      const vector = vectorFromArray(values, type);
      const schema = new ArrowSchema([new Field('t', vector.type, true)]);
      const batch = new RecordBatch(schema, new Data(new Struct(schema.fields), 0, 5, 0, undefined, [vector.data[0]!]));
      const arrow = new ArrowImport(memory, schema);
      expect(columnOf(arrow.batch(batch), 0)).toEqual(values);
      expect(columnOf(arrow.batch(batch.slice(1, 4)), 0)).toEqual(values.slice(1, 4));
    }
  });

  test('other units and widths are converted', () => {
    const cases: [DataType, unknown[], NestedValue[]][] = [
      [new Uint8(), [255, null], [255, null]],
      [new Uint32(), [2 ** 32 - 1, null], [2n ** 32n - 1n, null]],
      [new Uint64(), [2n ** 64n - 1n, null], [2n ** 64n - 1n, null]],
      [new Float16(), [1.5, null, -0.25, 65_504, 2 ** -24], [1.5, null, -0.25, 65_504, 2 ** -24]],
      [new FixedSizeBinary(2), [Uint8Array.of(1, 2), null], [Uint8Array.of(1, 2), null]],
      [new BinaryView(), [Uint8Array.of(1, 2), null], [Uint8Array.of(1, 2), null]],
      [new FixedSizeList(2, new Field('i', new Bool(), true)), [[true, false], null], [[true, false], null]],
    ];
    for (const [type, values, expected] of cases)
      expect(valuesOfArrow(vectorFromArray(values, type).data[0]!), Type[type.typeId]).toEqual(expected);
    const raw = (type: DataType, data: ArrayBufferView, length: number) =>
      valuesOfArrow(new Data(type, 0, length, 0, [undefined, data] as never));
    expect(raw(new TimestampSecond(), BigInt64Array.of(-1n, 2n), 2)).toEqual([-1_000n, 2_000n]);
    expect(raw(new TimestampNanosecond(), BigInt64Array.of(-1n), 1)).toEqual([-1n]);
    expect(raw(new TimeMicrosecond(), BigInt64Array.of(1_999n), 1)).toEqual([1]);
    expect(raw(new DateMillisecond(), BigInt64Array.of(-1n, 86_400_000n), 2)).toEqual([-1, 1]);
    expect(raw(new DurationMicrosecond(), BigInt64Array.of(5_999n), 1)).toEqual([5n]);
  });
});

describe('export', () => {
  const types = [...direct, ...converted];
  const columns = types.map(([type, values]) => [type, withNulls(values, 30)] as const);
  const schema = schemaOf(types.map(([type]) => type));
  const cell = (type: SqlType, value: NestedValue): CellValue =>
    value !== null && isNested(type) ? encodeNested(type, value) : (value as CellValue);
  const rows = Array.from({ length: 30 }, (_, at) => columns.map(([type, values]) => cell(type, values[at]!)));

  test('every type comes out and in again, from either encoding', () => {
    const arena = new Arena(memory, 1 << 16);
    const first = exportArrow(memory, writeBatch(memory, arena, schema, rows));
    // The buffers are its own: what happens to the batch does not matter any more.
    arena.reset();
    writeBatch(
      memory,
      arena,
      schema,
      rows.map((row) => row.map(() => null)),
    );
    const again = new ArrowImport(memory, first.schema).batch(throughIpc(first));
    for (const [index, [type, values]] of columns.entries())
      expect(columnOf(again, index), typeText(type)).toEqual(values);

    const directCount = direct.length;
    const part = new ArrowImport(memory, arrowSchemaOf(schema.slice(0, directCount)));
    const source = recordBatchOf(columns.slice(0, directCount));
    for (const [from, to] of [
      [0, 30],
      [7, 23],
    ] as const) {
      const taken = part.batch(source.slice(from, to));
      expect(taken.encoding).toBe('arrow');
      const exported = exportArrow(memory, taken);
      for (const [index, [type, values]] of columns.slice(0, directCount).entries()) {
        expect(valuesOfArrow(exported.data.children[index]!), typeText(type)).toEqual(values.slice(from, to));
      }
    }
  });

  test('an empty batch has all its columns', () => {
    const batch = exportArrow(memory, writeBatch(memory, new Arena(memory, 4_096), schema, []));
    expect(batch.numRows).toBe(0);
    expect(throughIpc(batch).schema.fields.map(({ name }) => name)).toEqual(schema.map(({ name }) => name));
  });

  test('what Arrow itself reads is what was written', () => {
    const batch = writeBatch(memory, new Arena(memory, 4_096), schemaOf([INT(), STRING(), DOUBLE(false)]), [
      [1, 'a', 0.5],
      [null, 'bc', 1.5],
      [3, null, 2.5],
    ]);
    const exported = exportArrow(memory, batch);
    expect(exported.toArray().map((row) => row?.toArray())).toEqual([
      [1, 'a', 0.5],
      [null, 'bc', 1.5],
      [3, null, 2.5],
    ]);
    expect(exported.data.children.map(({ nullCount }) => nullCount)).toEqual([1, 1, 0]);
  });

  test('a time beyond the year 2262 and a NULL as a key are refused', () => {
    const far = writeBatch(memory, new Arena(memory, 64), schemaOf([TIMESTAMP(9)]), [[2n ** 63n]]);
    expect(() => exportArrow(memory, far)).toThrow("does not fit Arrow's nanoseconds");
    const type = MAP(STRING(), INT());
    const map = writeBatch(memory, new Arena(memory, 64), schemaOf([type]), [[encodeNested(type, [[null, 1]])]]);
    expect(() => exportArrow(memory, map)).toThrow('NULL as a key');
  });
});
