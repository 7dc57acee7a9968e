import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeWriter } from '../../src/codegen/expression-writer.ts';
import { writeHash } from '../../src/codegen/key-table.ts';
import { QueryModule } from '../../src/codegen/query-module.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import type { Value } from '../../src/functions/value.ts';
import { tableLayout } from '../../src/memory/kernels.ts';
import { Memory } from '../../src/memory/memory.ts';
import { BIGINT, DECIMAL, DOUBLE, INT } from '../../src/types/sql-type.ts';
import { type F32, type F64, f32, f64, type I32, type I64, i32, i64 } from '../../src/wasm/code.ts';

const memory = Memory.create();
const { kernels } = memory;
const scratch = memory.alloc(4_096);

const keyAt = 8;
const valueAt = 16;
const rowBytes = 32;

function put(text: string): { readonly address: number; readonly length: number } {
  return { address: scratch, length: memory.bytes.write(text, scratch) };
}

function hashOf(text: string): number {
  const { address, length } = put(text);
  return kernels.bytesHash(address, length);
}

function find(table: number, key: string, hash: number): number {
  const { address, length } = put(key);
  return kernels.tableFindText(table, hash, keyAt, address, length) >>> 0;
}

function textAt(slotAddress: number): string {
  return memory.text(memory.u32[slotAddress / 4]!, memory.u32[slotAddress / 4 + 1]!);
}

function insert(table: number, key: string, hash: number): number {
  const row = kernels.tableInsert(table, hash) >>> 0;
  const { address, length } = put(key);
  const stored = kernels.heapPut(table, address, length);
  memory.u32.set([stored, length], (row + keyAt) / 4);
  return row;
}

function erase(table: number, row: number): void {
  kernels.textFree(table, row + keyAt);
  kernels.textFree(table, row + valueAt);
  kernels.tableErase(table, row);
}

function rowAt(table: number, number: number): number {
  return memory.u32[(table + tableLayout.rows) / 4]! + number * rowBytes;
}

/** Live rows as [key, value], in the order of their numbers. */
function rowsOf(table: number): [string, string][] {
  const { rows, rowBytes: width, count } = tableLayout;
  const field = (offset: number): number => memory.u32[(table + offset) / 4]!;
  return Array.from({ length: field(count) }, (_, number) => field(rows) + number * field(width))
    .filter((row) => memory.u32[row / 4] !== 0)
    .map((row) => [textAt(row + keyAt), textAt(row + valueAt)]);
}

type Key = (w: CodeWriter) => Value;
const intKey =
  (n: I32): Key =>
  (w) =>
    w.value(INT(false), null, n);
const bigintKey =
  (n: I64): Key =>
  (w) =>
    w.value(BIGINT(false), null, n);
const doubleKey =
  (n: F64): Key =>
  (w) =>
    w.value(DOUBLE(false), null, n);
const floatKey =
  (n: F32): Key =>
  (w) =>
    w.value({ kind: 'FLOAT', nullable: false }, null, n);
const decimalKey =
  (n: I64): Key =>
  (w) =>
    w.value(DECIMAL(38, 0, false), null, n, i64.const(0n));

/** The hash that operators emit for keys that are computed from a number. */
function hashOfKeys(keys: (n: I32) => readonly Key[]): (n: number) => number {
  const module = new QueryModule(memory, {
    timeZone: 'UTC',
    database: 'default_database',
    zoneAddress: 0,
    processingTimeMs: () => 0,
  });
  const { builder: f } = module.builder.function(['i32'], 'i32', 'hash');
  const writer = new CodeWriter(module, f, { source: new SourceText('test', ''), start: 0, end: 0 });
  const values = keys(f.param(0, 'i32')).map((key) => key(writer));
  f.return(writeHash(writer, values));
  const { hash } = module.instantiate() as unknown as { hash(n: number): number };
  return hash;
}

const byRow = (a: [string, string], b: [string, string]): number => (a.join('\0') < b.join('\0') ? -1 : 1);

/** Few keys, some of them long, so that they meet again. */
const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((n) => `k${n}`),
  fc.constantFrom('', 'a', 'a'.repeat(300)),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.integer({ min: 1, max: 900 }).map((n) => 'x'.repeat(n)),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('assign', 'append'), key, text }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('erase', 'detach'), key, text: fc.constant('') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear'), key: fc.constant(''), text: fc.constant('') }) },
);

describe('the keyed table', () => {
  test('holds what a Map holds, after any steps', () => {
    // A hash of two bits makes long runs of slots, whose repair after an erase is what can go wrong.
    const hashes = fc.constantFrom(
      (text: string) => hashOf(text),
      (text: string) => (hashOf(text) & 3) + 14,
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        hashes,
        fc.integer({ min: 0, max: 30 }),
        (steps, hash, expectedRows) => {
          const before = memory.allocatedBytes;
          const table = kernels.tableNew(rowBytes, expectedRows);
          const model = new Map<string, string>();
          // By number: an address changes when the table grows.
          const detached: { readonly number: number; readonly entry: [string, string] }[] = [];
          for (const { kind, key, text } of steps) {
            const h = hash(key);
            let row = kind === 'clear' ? 0 : find(table, key, h);
            expect(row !== 0).toBe(kind !== 'clear' && model.has(key));
            if (kind === 'clear') {
              kernels.tableClear(table);
              model.clear();
              detached.length = 0;
            } else if (kind === 'detach') {
              if (row !== 0) {
                kernels.tableDetach(table, row);
                detached.push({ number: (row - rowAt(table, 0)) / rowBytes, entry: [key, model.get(key) ?? ''] });
              } else {
                const oldest = detached.shift();
                if (oldest !== undefined) erase(table, rowAt(table, oldest.number));
              }
              model.delete(key);
            } else if (kind === 'erase') {
              if (row !== 0) erase(table, row);
              model.delete(key);
            } else {
              if (row === 0) row = insert(table, key, h);
              const { address, length } = put(text);
              if (kind === 'assign') kernels.textAssign(table, row + valueAt, address, length);
              else kernels.textAppend(table, row + valueAt, address, length);
              model.set(key, kind === 'assign' ? text : (model.get(key) ?? '') + text);
            }
            expect(memory.u32[(table + tableLayout.live) / 4]).toBe(model.size + detached.length);
          }
          expect(rowsOf(table).sort(byRow)).toEqual([...model, ...detached.map(({ entry }) => entry)].sort(byRow));
          kernels.tableDrop(table);
          expect(memory.allocatedBytes).toBe(before);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('keeps the order of insertion while it grows', () => {
    const table = kernels.tableNew(rowBytes, 0);
    const keys = Array.from({ length: 5_000 }, (_, n) => `key ${n}`);
    for (const key of keys) insert(table, key, hashOf(key));
    expect(rowsOf(table).map(([key]) => key)).toEqual(keys);
    for (const key of keys) expect(find(table, key, hashOf(key))).not.toBe(0);
    kernels.tableDrop(table);
  });

  test('uses its memory again after it was cleared', () => {
    const table = kernels.tableNew(rowBytes, 0);
    const fill = (): void => {
      for (let n = 0; n < 2_000; n++) insert(table, `a key of some length ${n}`, hashOf(`a key of some length ${n}`));
    };
    fill();
    const bytes = kernels.tableBytes(table);
    for (let round = 0; round < 20; round++) {
      kernels.tableClear(table);
      fill();
      expect(kernels.tableBytes(table)).toBe(bytes);
    }
    kernels.tableDrop(table);
  });

  test('does not grow while keys come and go', () => {
    const table = kernels.tableNew(rowBytes, 0);
    for (let n = 0; n < 100; n++) insert(table, `${n}`, hashOf(`${n}`));
    const bytes = kernels.tableBytes(table);
    for (let n = 100; n < 20_000; n++) {
      erase(table, find(table, `${n - 100}`, hashOf(`${n - 100}`)));
      insert(table, `${n}`, hashOf(`${n}`));
    }
    expect(kernels.tableBytes(table)).toBeLessThan(bytes + 4_096);
    kernels.tableDrop(table);
  });

  test('does not grow while its texts change their lengths', () => {
    const table = kernels.tableNew(rowBytes, 0);
    const row = insert(table, 'k', hashOf('k'));
    const slot = row + valueAt;
    const churn = (): void => {
      for (let n = 0; n < 2_000; n++) {
        const { address, length } = put('x'.repeat((n * 613) % 997));
        kernels.textAssign(table, slot, address, length);
        if (n % 3 === 0) kernels.textAppend(table, slot, address, length);
        if (n % 7 === 0) kernels.textFree(table, slot);
      }
    };
    churn();
    const bytes = kernels.tableBytes(table);
    churn();
    expect(kernels.tableBytes(table)).toBe(bytes);
    kernels.tableDrop(table);
  });

  test('a text appended to itself doubles', () => {
    const table = kernels.tableNew(rowBytes, 0);
    const row = insert(table, 'k', hashOf('k'));
    const { address, length } = put('abc');
    kernels.textAssign(table, row + valueAt, address, length);
    for (let n = 0; n < 15; n++) {
      const [from, bytes] = memory.u32.subarray((row + valueAt) / 4);
      kernels.textAppend(table, row + valueAt, from!, bytes!);
    }
    expect(textAt(row + valueAt)).toBe('abc'.repeat(2 ** 15));
    kernels.tableDrop(table);
  });
});

describe('hashes', () => {
  test('are never 0 and spread keys evenly over the slots', () => {
    const slots = 1_024;
    const families: [string, (n: number) => number][] = [
      ['integers', hashOfKeys((n) => [intKey(n)])],
      ['multiples of 4096', hashOfKeys((n) => [intKey(i32.mul(n, i32.const(4_096)))])],
      ['bigints', hashOfKeys((n) => [bigintKey(i64.shl(i64.extendI32U(n), i64.const(32n)))])],
      ['bigints far apart', hashOfKeys((n) => [bigintKey(i64.shl(i64.extendI32U(n), i64.const(48n)))])],
      ['doubles', hashOfKeys((n) => [doubleKey(f64.convertI32S(n))])],
      ['floats', hashOfKeys((n) => [floatKey(f32.convertI32S(n))])],
      ['128 bit', hashOfKeys((n) => [decimalKey(i64.extendI32U(n))])],
      ['texts', (n) => hashOf(`user-${n}`)],
      ['long texts', (n) => hashOf(`https://example.com/a/long/path/${n}/index.html`)],
      ['pairs', hashOfKeys((n) => [intKey(i32.shrU(n, i32.const(5))), intKey(i32.and(n, i32.const(31)))])],
    ];
    for (const [name, hash] of families) {
      const counts = new Uint32Array(slots);
      const count = 32 * slots;
      for (let n = 0; n < count; n++) {
        const h = hash(n);
        expect(h).not.toBe(0);
        counts[h & (slots - 1)]!++;
      }
      // Chi squared has mean slots - 1 and deviation sqrt(2 slots): five deviations.
      const chiSquared = counts.reduce((sum, seen) => sum + (seen - 32) ** 2 / 32, 0);
      expect(chiSquared, name).toBeLessThan(slots + 5 * Math.sqrt(2 * slots));
    }
  });
});

test('byte strings compare as Buffer.compare does', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const related = fc.oneof(
    fc.tuple(bytes, bytes),
    fc
      .tuple(bytes, bytes, bytes)
      .map(([start, a, b]) => [Uint8Array.of(...start, ...a), Uint8Array.of(...start, ...b)] as const),
  );
  fc.assert(
    fc.property(related, fc.integer({ min: 0, max: 7 }), ([a, b], shift) => {
      const [atA, atB] = [scratch + shift, scratch + 1_000];
      // What lies behind the end must not matter.
      memory.u8.fill(shift, scratch, scratch + 2_000);
      memory.u8.set(a, atA);
      memory.u8.set(b, atB);
      expect(kernels.bytesCompare(atA, a.length, atB, b.length)).toBe(Buffer.compare(a, b));
      if (a.length === b.length)
        expect(kernels.bytesEqual(atA, atB, a.length)).toBe(Number(Buffer.compare(a, b) === 0));
      memory.u8.copyWithin(scratch + 3_000, atA, atA + a.length);
      expect(kernels.bytesHash(scratch + 3_000, a.length)).toBe(kernels.bytesHash(atA, a.length));
    }),
    { numRuns: 2_000 },
  );
});

test('blocks of the allocator never overlap, whatever the order of alloc, realloc and free', () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 300_000 }));
  const action = fc.record({ pick: fc.nat(), kind: fc.constantFrom('alloc', 'alloc', 'free', 'realloc'), size });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
      const before = memory.allocatedBytes;
      const live: { address: number; size: number; fill: number }[] = [];
      const check = (block: { address: number; size: number; fill: number }, length = block.size): void => {
        const found = memory.u8.subarray(block.address, block.address + length).every((byte) => byte === block.fill);
        expect(found).toBe(true);
      };
      for (const [at, { pick, kind, size }] of actions.entries()) {
        const index = live.length === 0 ? 0 : pick % live.length;
        const block = live[index];
        if (kind === 'alloc' || block === undefined) {
          const address = memory.alloc(size);
          expect(address % 16).toBe(0);
          memory.u8.fill(at & 255, address, address + size);
          live.push({ address, size, fill: at & 255 });
        } else if (kind === 'free') {
          check(block);
          memory.free(block.address);
          live.splice(index, 1);
        } else {
          block.address = kernels.realloc(block.address, size) >>> 0;
          check(block, Math.min(size, block.size));
          memory.u8.fill(block.fill, block.address, block.address + size);
          block.size = size;
        }
      }
      for (const block of live) {
        check(block);
        memory.free(block.address);
      }
      expect(memory.allocatedBytes).toBe(before);
    }),
    { numRuns: 200 },
  );
});
