import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { columnReaders, kindReader } from '../../src/memory/batch-reader.ts';
import { writeBatch } from '../../src/memory/batch-writer.ts';
import { Memory } from '../../src/memory/memory.ts';
import { decodeNested, encodeNested, type NestedValue, rowLayout } from '../../src/memory/nested.ts';
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
  MAP,
  MULTISET,
  NULL_TYPE,
  ROW,
  SMALLINT,
  type SqlType,
  STRING,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
} from '../../src/types/sql-type.ts';

const field = (name: string, type: SqlType) => ({ name, type });
const manyFields = ROW(Array.from({ length: 70 }, (_, n) => field(`f${n}`, SMALLINT())));

const samples: [SqlType, NestedValue][] = [
  [ROW([field('a', INT()), field('b', INT()), field('c', STRING())]), [7, null, 'hi']],
  [ROW([field('a', BOOLEAN()), field('b', TINYINT()), field('c', DECIMAL(38, 2))]), [true, -3, -(10n ** 37n)]],
  [ROW([field('a', FLOAT()), field('b', DOUBLE()), field('c', BYTES())]), [1.5, -0.1, Uint8Array.of(0, 255)]],
  [ROW([field('a', BIGINT()), field('b', TIMESTAMP(9)), field('c', DATE())]), [-(2n ** 63n), 2n ** 70n, -1]],
  [manyFields, Array.from({ length: 70 }, (_, n) => (n % 3 === 0 ? null : n - 35))],
  [ARRAY(STRING()), ['', 'zwei', null, 'ďź']],
  [ARRAY(BOOLEAN()), Array.from({ length: 40 }, (_, n) => (n === 33 ? null : n % 2 === 0))],
  [ARRAY(INT()), []],
  [ARRAY(ARRAY(SMALLINT())), [[1, 2], [], null, [null]]],
  [
    MAP(STRING(), DECIMAL(10, 2)),
    [
      ['b', 100n],
      ['a', null],
    ],
  ],
  [
    MULTISET(ROW([field('a', INT()), field('b', STRING())])),
    [
      [[1, 'x'], 2],
      [[2, null], 1],
    ],
  ],
  [ROW([field('m', MAP(STRING(), ARRAY(ROW([field('x', DOUBLE())]))))]), [[['k', [[0.5], null, [null]]]]]],
];

describe('nested values', () => {
  test('come back as they were', () => {
    for (const [type, value] of samples) expect(decodeNested(type, encodeNested(type, value))).toEqual(value);
  });

  test('stand as the drawing says', () => {
    const type = ROW([field('a', INT()), field('b', INT()), field('c', STRING())]);
    const bytes = encodeNested(type, [7, null, 'hi']);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '0200000000000000' + '0700000000000000' + '0000000000000000' + '2000000002000000' + '6869',
    );
  });

  test('lie inside each other as they are, so they can be moved', () => {
    const inner = ROW([field('s', STRING())]);
    const outer = ARRAY(inner);
    const bytes = encodeNested(outer, [['abc'], ['d']]);
    const part = encodeNested(inner, ['abc']);
    expect(Buffer.from(bytes).includes(Buffer.from(part))).toBe(true);
  });

  test('a value of another shape is refused', () => {
    expect(() => encodeNested(ARRAY(INT()), 3)).toThrow('not a value of ARRAY<INT>: 3');
    expect(() => encodeNested(ROW([field('a', INT())]), [1, 2])).toThrow('not a value of ROW');
    expect(() => encodeNested(ARRAY(INT()), ['x'])).toThrow('not a whole number: x');
  });
});

describe('kernels on nested values', () => {
  const memory = Memory.create();
  const kernels = memory.exports as unknown as Record<string, (...args: (number | bigint)[]) => number>;
  const place = (type: SqlType, value: NestedValue): number => {
    const bytes = encodeNested(type, value);
    const address = memory.alloc(bytes.length);
    memory.u8.set(bytes, address);
    return address;
  };
  const text = (value: string): [number, number] => {
    const address = memory.alloc(value.length * 3);
    return [address, memory.bytes.write(value, address)];
  };

  test('find fields and elements', () => {
    const rowType = ROW([field('a', INT()), field('b', INT()), field('c', STRING())]);
    const row = place(rowType, [-7, null, 'hi']);
    const { slots } = rowLayout(rowType);
    expect([0, 1, 2].map((index) => kernels.rowIsNull!(row, index))).toEqual([0, 1, 0]);
    expect(memory.i64[(row + slots[0]!) / 8]).toBe(-7n);
    const slot = row + slots[2]!;
    expect(memory.text(kernels.nestedText!(row, slot), memory.u32[slot / 4 + 1]!)).toBe('hi');

    const values = Array.from({ length: 100 }, (_, n) => (n === 50 ? null : n * 3));
    const array = place(ARRAY(SMALLINT()), values);
    expect(kernels.arrayCount!(array)).toBe(100);
    expect(kernels.arrayIsNull!(array, 50)).toBe(1);
    expect(memory.u16[kernels.arraySlot!(array, 2, 99)! / 2]).toBe(297);
    expect(kernels.arrayFindI64!(array, 2, 297n)).toBe(99);
    expect(kernels.arrayFindI64!(array, 2, 298n)).toBe(-1);
    expect(kernels.arrayFindI64!(array, 2, 0n)).toBe(0);
    expect(kernels.arrayFindNull!(array)).toBe(50);
    // The slot of a NULL is zero, which is not the value zero.
    expect(kernels.arrayFindI64!(place(ARRAY(BIGINT()), [null, 5n]), 8, 0n)).toBe(-1);
    expect(kernels.arrayFindI128!(place(ARRAY(DECIMAL(20, 0)), [1n, -5n]), -5n, -1n)).toBe(1);
    expect(kernels.arrayFindText!(place(ARRAY(STRING()), ['a', null, '', 'bc']), ...text('bc'))).toBe(3);
    expect(kernels.arrayFindText!(place(ARRAY(STRING()), ['a', null, '', 'bc']), ...text(''))).toBe(2);
  });

  test('find a map by key', () => {
    const map = place(MAP(STRING(), INT()), [
      ['x', 1],
      ['yy', 2],
    ]);
    const index = kernels.arrayFindText!(kernels.mapKeys!(map), ...text('yy'));
    expect(index).toBe(1);
    expect(kernels.mapCount!(map)).toBe(2);
    expect(memory.bytes.readInt32LE(kernels.arraySlot!(kernels.mapValues!(map), 4, index))).toBe(2);
  });

  test('build the bytes that the writer here builds', () => {
    const type = ARRAY(STRING());
    const array = memory.alloc(200);
    let end = kernels.arrayStart!(array, 3, 8);
    for (const [index, value] of ['one', null, 'three'].entries()) {
      if (value === null) kernels.arraySetNull!(array, index);
      else end = kernels.nestedPut!(array, kernels.arraySlot!(array, 8, index), end, ...text(value));
    }
    expect(memory.copyOut(array, end)).toEqual(encodeNested(type, ['one', null, 'three']));

    const rowType = ROW([field('a', BIGINT()), field('b', STRING())]);
    const { slots, fixedBytes } = rowLayout(rowType);
    kernels.rowStart!(array, fixedBytes);
    kernels.rowSetNull!(array, 0);
    const rowEnd = kernels.nestedPut!(array, array + slots[1]!, fixedBytes, ...text('b'));
    expect(memory.copyOut(array, rowEnd)).toEqual(encodeNested(rowType, [null, 'b']));
  });
});

describe('batches from and to values', () => {
  test('every class of column comes back, with NULLs and change kinds', () => {
    const memory = Memory.create();
    const arena = new Arena(memory, 4_096);
    const types = [
      BOOLEAN(),
      TINYINT(),
      SMALLINT(),
      INT(),
      BIGINT(),
      FLOAT(),
      DOUBLE(),
      DECIMAL(38, 0),
      STRING(),
      BYTES(),
      TIMESTAMP(3),
      TIMESTAMP_LTZ(9),
      INT(false),
    ];
    const schema = types.map((type, n) => ({ name: `c${n}`, type }));
    const rows = [
      [
        true,
        -128,
        -32_768,
        -(2 ** 31),
        -(2n ** 63n),
        0.5,
        1e300,
        -(10n ** 38n - 1n),
        'zürich',
        Uint8Array.of(1, 0),
        5n,
        10n ** 20n,
        1,
      ],
      [
        false,
        127,
        32_767,
        2 ** 31 - 1,
        2n ** 63n - 1n,
        -0.5,
        -1e-300,
        10n ** 38n - 1n,
        '',
        new Uint8Array(),
        -5n,
        -(10n ** 20n),
        2,
      ],
      [...Array.from({ length: 12 }, () => null), 3],
    ];
    const batch = writeBatch(memory, arena, schema, rows, { kinds: [0, 3, 1] });
    const readers = columnReaders(memory, batch);
    expect(rows.map((_, row) => readers.map((read) => read(row)))).toEqual(rows);
    expect([0, 1, 2].map(kindReader(memory, batch))).toEqual([0, 3, 1]);
  });

  test('a column of bare NULLs reads as NULL', () => {
    const memory = Memory.create();
    const schema = [{ name: 'n', type: NULL_TYPE }];
    const batch = writeBatch(memory, new Arena(memory, 64), schema, [[null]]);
    expect(columnReaders(memory, batch)[0]!(0)).toBe(null);
    expect(kindReader(memory, batch)(0)).toBe(0);
  });

  test('NULL in a NOT NULL column and a value of another class are refused', () => {
    const memory = Memory.create();
    const arena = new Arena(memory, 64);
    expect(() => writeBatch(memory, arena, [{ name: 'a', type: INT(false) }], [[null]])).toThrow('NULL in column a');
    expect(() => writeBatch(memory, arena, [{ name: 'a', type: INT() }], [['x']])).toThrow('not a whole number: x');
    expect(() => writeBatch(memory, arena, [{ name: 'a', type: STRING() }], [[4]])).toThrow(
      'not a text or bytes in column a: 4',
    );
  });
});
