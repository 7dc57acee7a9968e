import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import { appendSortKey, type KeyOrder, sortKeyBytesMax, sortKeyTextBytes } from '../../src/memory/sort-key.ts';
import type { Physical } from '../../src/types/physical.ts';

const memory = Memory.create();
const { kernels } = memory;
const scratch = memory.alloc(8_192);

function put(bytes: Uint8Array): [address: number, length: number] {
  memory.u8.set(bytes, scratch);
  return [scratch, bytes.length];
}

/** A sorted array of keys with values: what an ordered map is. */
class Model {
  readonly entries: { key: Buffer; value: number }[] = [];

  /** The first place whose key is not less. */
  place(key: Uint8Array): number {
    const at = this.entries.findIndex((entry) => Buffer.compare(entry.key, key) >= 0);
    return at < 0 ? this.entries.length : at;
  }
  has(key: Uint8Array): boolean {
    const entry = this.entries[this.place(key)];
    return entry !== undefined && Buffer.compare(entry.key, key) === 0;
  }
}

function entryOf(map: number, node: number): { key: Buffer; value: number } | undefined {
  if (node === 0) return undefined;
  const key = memory.copyOut(kernels.orderedKey(map, node) >>> 0, kernels.orderedKeyLength(node));
  return { key: Buffer.from(key), value: memory.u32[(kernels.orderedValue(node) >>> 0) / 4]! };
}

/** All entries, walked in either direction. */
function entriesOf(map: number, direction: 'forwards' | 'backwards'): { key: Buffer; value: number }[] {
  const entries = [];
  const step = direction === 'forwards' ? kernels.orderedNext : kernels.orderedPrev;
  let node = direction === 'forwards' ? kernels.orderedFirst(map) : kernels.orderedLast(map);
  for (; node !== 0; node = step(node)) entries.push(entryOf(map, node)!);
  return entries;
}

const number16 = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 255);
const key = fc.oneof(
  fc.integer({ min: 0, max: 2_000 }).map(number16),
  // The first 8 bytes say nothing, or everything but a zero byte.
  fc.integer({ min: 0, max: 60 }).map((n) => Buffer.from(`a long prefix ${n}`)),
  fc.integer({ min: 0, max: 12 }).map((n) => new Uint8Array(n)),
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('insert', 'find', 'seek', 'before'), key, isPreloaded: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('erase'), key, isPreloaded: fc.boolean() }) },
);

function apply(map: number, model: Model, kind: string, key: Uint8Array, value: number): void {
  const place = model.place(key);
  const known = model.has(key);
  switch (kind) {
    case 'insert': {
      const at = kernels.orderedInsert(map, ...put(key)) >>> 0;
      expect(kernels.orderedInserted(map)).toBe(Number(!known));
      if (known) expect(memory.u32[at / 4]).toBe(model.entries[place]!.value);
      else {
        expect(memory.u32[at / 4]).toBe(0);
        memory.u32[at / 4] = value;
        model.entries.splice(place, 0, { key: Buffer.from(key), value });
      }
      break;
    }
    case 'find':
      expect(entryOf(map, kernels.orderedFind(map, ...put(key)))).toEqual(known ? model.entries[place] : undefined);
      break;
    case 'seek':
      expect(entryOf(map, kernels.orderedSeek(map, ...put(key)))).toEqual(model.entries[place]);
      break;
    case 'before':
      expect(entryOf(map, kernels.orderedSeekBefore(map, ...put(key)))).toEqual(model.entries[place - 1]);
      break;
    default:
      expect(kernels.orderedErase(map, ...put(key))).toBe(Number(known));
      if (known) model.entries.splice(place, 1);
  }
  expect(kernels.orderedCount(map)).toBe(model.entries.length);
}

describe('the ordered map', () => {
  test('is a sorted array, after any steps', () => {
    const preload = fc.record({
      count: fc.integer({ min: 0, max: 1_500 }),
      order: fc.constantFrom(1, -1, 7),
      prefix: fc.constantFrom('', 'eight or more bytes that say nothing'),
    });
    fc.assert(
      fc.property(
        preload,
        fc.array(step, { maxLength: 100 }),
        fc.boolean(),
        ({ count, order, prefix }, steps, erasesAll) => {
          const preloadKey = (n: number): Uint8Array => Buffer.concat([Buffer.from(prefix), number16(n)]);
          const before = memory.allocatedBytes;
          const map = kernels.orderedNew(4);
          const model = new Model();
          // Enough keys for several levels, ascending, descending or mixed.
          for (let n = 0; n < count; n++) {
            const number = order === -1 ? count - n : (n * order) % 2_001;
            const at = kernels.orderedInsert(map, ...put(preloadKey(number))) >>> 0;
            memory.u32[at / 4] = number + 1;
          }
          model.entries.push(...entriesOf(map, 'forwards'));
          expect(model.entries.map(({ key }) => key)).toEqual(
            [...model.entries].map(({ key }) => key).sort(Buffer.compare),
          );
          for (const [at, { kind, key, isPreloaded }] of steps.entries()) {
            const known = Buffer.concat([Buffer.from(prefix), key]);
            apply(map, model, kind, isPreloaded ? known : key, at + 10_000);
          }
          expect(entriesOf(map, 'forwards')).toEqual(model.entries);
          expect(entriesOf(map, 'backwards')).toEqual([...model.entries].reverse());
          if (erasesAll) {
            // In another order than that of the keys.
            const entries = [...model.entries].sort(
              (a, b) => ((a.value * 7_919) % 4_001) - ((b.value * 7_919) % 4_001),
            );
            for (const { key } of entries) apply(map, model, 'erase', key, 0);
            expect(kernels.orderedFirst(map)).toBe(0);
          }
          kernels.orderedDrop(map);
          expect(memory.allocatedBytes).toBe(before);
        },
      ),
      { numRuns: process.env.TIDEMARK_FUZZ_RUNS === undefined ? 50 : 600 },
    );
  });

  test('nodes stay where they are while others come and go', () => {
    const map = kernels.orderedNew(8);
    const nodes = new Map<number, number>();
    for (let n = 0; n < 3_000; n++)
      nodes.set((n * 7) % 3_001, (kernels.orderedInsert(map, ...put(number16((n * 7) % 3_001))) >>> 0) - 8);
    for (let n = 0; n < 3_001; n += 3) {
      kernels.orderedErase(map, ...put(number16(n)));
      nodes.delete(n);
    }
    for (const [n, node] of nodes) expect(kernels.orderedFind(map, ...put(number16(n))) >>> 0).toBe(node);
    kernels.orderedDrop(map);
  });

  test('holds the right keys and does not grow while they come and go', () => {
    const map = kernels.orderedNew(8);
    // Long keys that start alike: every step of a search reads the keys that the levels above point to.
    const random = (n: number): Buffer => Buffer.from(`a long prefix ${Math.imul(n, 0x9e37_79b1) >>> 16}`);
    const held = 2_000;
    for (let n = 0; n < held; n++) kernels.orderedInsert(map, ...put(random(n)));
    const bytes = kernels.orderedBytes(map);
    const count = 30_000;
    for (let n = held; n < count; n++) {
      expect(kernels.orderedErase(map, ...put(random(n - held)))).toBe(1);
      kernels.orderedInsert(map, ...put(random(n)));
    }
    expect(kernels.orderedBytes(map)).toBeLessThan(bytes * 1.5);
    const expected = Array.from({ length: held }, (_, n) => random(count - held + n)).sort(Buffer.compare);
    expect(entriesOf(map, 'forwards').map(({ key }) => key)).toEqual(expected);
    kernels.orderedClear(map);
    expect(kernels.orderedBytes(map)).toBe(kernels.orderedBytes(kernels.orderedNew(8)));
    expect(kernels.orderedLast(map)).toBe(0);
    kernels.orderedDrop(map);
  });
});

const int = (bits: number) =>
  fc.oneof(fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }), fc.bigInt(-300n, 300n));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'a', 'a\0', 'a\0\0', 'a\x01', '\0', '\0ÿ', 'abcdefgh', 'abcdefgh\0'),
);
const classes: Record<Physical, fc.Arbitrary<CellValue>> = {
  bool: fc.boolean(),
  i8: fc.integer({ min: -128, max: 127 }),
  i16: fc.integer({ min: -32_768, max: 32_767 }),
  i32: fc.oneof(fc.integer(), fc.integer({ min: -300, max: 300 })),
  i64: int(64),
  i128: fc.oneof(int(128), int(66)),
  f32: fc.float(),
  f64: fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, 1, -1)),
  bytes: text,
};

/** Java's Double.compareTo, and the natural order of the rest. */
function compareValues(a: CellValue, b: CellValue): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
    return a < b ? -1 : Number(a > b);
  }
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a! < b! ? -1 : Number(a! > b!);
}

function compareRows(a: readonly CellValue[], b: readonly CellValue[], orders: readonly KeyOrder[]): number {
  for (const [at, order] of orders.entries()) {
    const [x, y] = [a[at] ?? null, b[at] ?? null];
    if (x === null && y === null) continue;
    if (x === null || y === null) return (x === null) === order.nullsLast ? 1 : -1;
    const sign = compareValues(x, y) * (order.descending ? -1 : 1);
    if (sign !== 0) return sign;
  }
  return 0;
}

function keyOf(values: readonly CellValue[], physicals: readonly Physical[], orders: readonly KeyOrder[]): Buffer {
  let to = scratch;
  for (const [at, value] of values.entries()) {
    const physical = physicals[at]!;
    const end = appendSortKey(memory, to, physical, value, orders[at]!);
    const most = physical === 'bytes' ? sortKeyTextBytes(Buffer.byteLength(String(value))) : sortKeyBytesMax[physical];
    expect(end - to).toBeLessThanOrEqual(most);
    to = end;
  }
  return Buffer.from(memory.copyOut(scratch, to - scratch));
}

const physical = fc.constantFrom(...(Object.keys(classes) as Physical[]));
const columns = fc.array(
  fc.record({ physical, order: fc.record({ descending: fc.boolean(), nullsLast: fc.boolean() }) }),
  { minLength: 1, maxLength: 3 },
);
/** Rows of one to three columns; few different values, so that later columns decide too. */
const rowsOfColumns = columns.chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(fc.tuple(...columns.map(({ physical }) => fc.option(classes[physical], { freq: 6 }))), {
      minLength: 2,
      maxLength: 30,
    }),
  }),
);

test('memcomparable keys are in the order of their rows', () => {
  fc.assert(
    fc.property(rowsOfColumns, ({ columns, rows }) => {
      const physicals = columns.map(({ physical }) => physical);
      const orders = columns.map(({ order }) => order);
      const keys = rows.map((row) => keyOf(row, physicals, orders));
      for (let at = 1; at < rows.length; at++) {
        expect(Buffer.compare(keys[at - 1]!, keys[at]!)).toBe(Math.sign(compareRows(rows[at - 1]!, rows[at]!, orders)));
      }
    }),
    { numRuns: 1_500 },
  );
});

test('the documented examples of keys', () => {
  const ascending: KeyOrder = { descending: false, nullsLast: false };
  const hex = (physical: Physical, value: CellValue): string => keyOf([value], [physical], [ascending]).toString('hex');
  expect([0, 5, 300, -1, -2].map((value) => hex('i32', value))).toEqual(['80', '8105', '82012c', '7f', '7efe']);
  expect(hex('i128', 300n)).toBe('82012c');
  expect(hex('i32', null)).toBe('00');
  expect(hex('bytes', 'a')).toBe('80610000');
});

test('rows are sorted as a stable sort in JavaScript does', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.uint8Array({ maxLength: 2 }).map((end) => Uint8Array.of(...Buffer.from('same prefix'), ...end)),
  );
  const keys = fc.oneof(
    fc.array(bytes, { maxLength: 300 }),
    fc.array(bytes, { maxLength: 300 }).map((keys) => keys.sort(Buffer.compare)),
  );
  fc.assert(
    fc.property(keys, (keys) => {
      const before = memory.allocatedBytes;
      const rows = memory.alloc(keys.length * 4);
      const views = memory.alloc(keys.length * 8);
      const stored = keys.map((key) => {
        const address = memory.alloc(key.length);
        memory.u8.set(key, address);
        return address;
      });
      for (const [at, key] of keys.entries()) {
        // Numbers need not be in order: the sort starts from the last row.
        memory.u32[rows / 4 + at] = keys.length - 1 - at;
        memory.u32.set([stored[at]!, key.length], views / 4 + at * 2);
      }
      kernels.sortRows(rows, keys.length, views);
      const expected = keys.map((_, at) => keys.length - 1 - at).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!));
      expect([...memory.u32.subarray(rows / 4, rows / 4 + keys.length)]).toEqual(expected);
      for (const address of [rows, views, ...stored]) memory.free(address);
      expect(memory.allocatedBytes).toBe(before);
    }),
    { numRuns: 300 },
  );
});
