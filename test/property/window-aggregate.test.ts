import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import { max } from '../../src/functions/aggregate/extreme.ts';
import { sum } from '../../src/functions/aggregate/sum.ts';
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { AggregateCall, ColumnExpression } from '../../src/plan/expression.ts';
import { appendOnly, type WindowKind } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, INT, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A row: its time, a key that may be NULL, a value that may be NULL. */
type Row = readonly [number, number | null, bigint | null];
type Assigned = Exclude<WindowKind, { kind: 'session' }>;

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'key', type: INT() },
  { name: 'value', type: BIGINT() },
];
const output: Schema = [
  { name: 'key', type: INT() },
  { name: 'n', type: BIGINT(false) },
  { name: 'total', type: BIGINT() },
  { name: 'highest', type: BIGINT() },
  { name: 'distinct', type: BIGINT(false) },
  { name: 'window_start', type: TIMESTAMP(3, false) },
  { name: 'window_end', type: TIMESTAMP(3, false) },
];

const memory = Memory.create();
const allocatedAtFirst = memory.allocatedBytes;

function column(index: number): ColumnExpression {
  const found = input[index];
  if (found === undefined) throw new Error(`no column ${index}`);
  return { kind: 'column', index, type: found.type, span };
}

function aggregate(
  entry: AggregateFunction,
  overload: number,
  args: readonly number[],
  type = BIGINT(),
  distinct = false,
): AggregateCall {
  const found = entry.overloads[overload];
  if (found === undefined) throw new Error(`${entry.name} has no overload ${overload}`);
  return { name: entry.name, overload: found, args: args.map(column), distinct, filter: null, type, span };
}

function windowAggregate(window: Assigned): PhysicalOperator {
  return {
    id: 'window-aggregate-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [{ kind: 'watermark', timeColumn: 0, expression: column(0), span }],
    stepSchema: input,
    work: {
      kind: 'window-aggregate',
      window: { kind: 'assign', window, timeColumn: 0, time: 'event' },
      keys: [1],
      aggregates: [
        aggregate(count, 0, [], BIGINT(false)),
        aggregate(sum, 0, [2]),
        aggregate(max, 0, [2]),
        aggregate(count, 1, [2], BIGINT(false), true),
      ],
      windowColumns: ['start', 'end'],
      legacy: false,
      emit: null,
    },
    after: [],
    workSchema: output,
    schema: output,
    changes: appendOnly,
    marksWatermarks: false,
    span,
  };
}

/** The windows of a time, by their definition: all [start, end) that hold it. */
function windowsOf(at: number, window: Assigned): readonly (readonly [number, number])[] {
  const windows: [number, number][] = [];
  const floor = (value: number, step: number): number =>
    Math.floor((value - window.offsetMs) / step) * step + window.offsetMs;
  switch (window.kind) {
    case 'tumble': {
      const start = floor(at, window.sizeMs);
      return [[start, start + window.sizeMs]];
    }
    case 'hop':
      for (let start = floor(at, window.slideMs); start > at - window.sizeMs; start -= window.slideMs)
        windows.push([start, start + window.sizeMs]);
      return windows;
    case 'cumulate': {
      const start = floor(at, window.sizeMs);
      for (let end = floor(at, window.stepMs) + window.stepMs; end <= start + window.sizeMs; end += window.stepMs)
        windows.push([start, end]);
      return windows;
    }
  }
}

/** What must come of the rows, computed row by row: each row counts in those of its windows that are still open. */
function expected(rows: readonly Row[], window: Assigned): { readonly results: string[]; readonly late: number } {
  const groups = new Map<string, { key: number | null; start: number; end: number; values: (bigint | null)[] }>();
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  for (const [at, key, value] of rows) {
    const windows = windowsOf(at, window);
    const open = windows.filter(([, end]) => end - 1 > watermark);
    if (open.length === 0 && windows.length > 0) late++;
    for (const [start, end] of open) {
      const id = `${end}/${start}/${key}`;
      const group = groups.get(id) ?? { key, start, end, values: [] };
      group.values.push(value);
      groups.set(id, group);
    }
    if (at > 0) watermark = Math.max(watermark, at);
  }
  const results = [...groups.values()].map(({ key, start, end, values }) => {
    const present = values.filter((value) => value !== null);
    const total = present.length === 0 ? null : present.reduce((a, b) => a + b, 0n);
    const highest = present.length === 0 ? null : present.reduce((a, b) => (a > b ? a : b));
    return [0, key, values.length, total, highest, new Set(present).size, start, end].join(' ');
  });
  return { results: results.sort(), late };
}

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: -30, max: 120 }),
  fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
  fc.option(fc.bigInt({ min: -3n, max: 3n }), { nil: null }),
);

/** Times mostly go up, now and then they fall behind. */
const rowsArbitrary = fc.array(rowArbitrary, { maxLength: 60 }).chain((rows) =>
  fc.constantFrom(
    rows,
    rows.map(([at, key, value], index): Row => [index * 3 + (at % 7), key, value]),
  ),
);

const windowArbitrary: fc.Arbitrary<Assigned> = fc.oneof(
  fc.record({
    kind: fc.constant('tumble' as const),
    sizeMs: fc.integer({ min: 1, max: 20 }),
    offsetMs: fc.integer({ min: -5, max: 5 }),
  }),
  fc
    .record({
      slideMs: fc.integer({ min: 1, max: 8 }),
      times: fc.integer({ min: 1, max: 9 }),
      offsetMs: fc.integer({ min: -3, max: 3 }),
    })
    .map(({ slideMs, times, offsetMs }) => ({ kind: 'hop' as const, slideMs, sizeMs: slideMs * times, offsetMs })),
  // Legacy group windows: the slide need not divide the size, and may be above it.
  fc
    .record({ slideMs: fc.integer({ min: 1, max: 12 }), sizeMs: fc.integer({ min: 1, max: 12 }) })
    .map(({ slideMs, sizeMs }) => ({ kind: 'hop' as const, slideMs, sizeMs, offsetMs: 0 })),
  fc
    .record({
      stepMs: fc.integer({ min: 1, max: 8 }),
      times: fc.integer({ min: 1, max: 6 }),
      offsetMs: fc.integer({ min: -3, max: 3 }),
    })
    .map(({ stepMs, times, offsetMs }) => ({ kind: 'cumulate' as const, stepMs, sizeMs: stepMs * times, offsetMs })),
);

function run(
  rows: readonly Row[],
  window: Assigned,
  cuts: readonly number[],
): { readonly results: string[]; readonly late: number } {
  const operator = new OperatorRun(windowAggregate(window), { memory, batchRows: 3 });
  try {
    let from = 0;
    for (let cut = 0; from < rows.length; cut++) {
      const length = cuts.length === 0 ? rows.length : (cuts[cut % cuts.length] ?? 1);
      operator.rowsIn(rows.slice(from, from + length).map(([at, key, value]) => [BigInt(at), key, value]));
      from += length;
    }
    operator.end();
    const ends = operator.rows.map((row) => Number(row[7]));
    expect(ends, 'windows come in the order of their ends').toEqual(ends.toSorted((a, b) => a - b));
    return { results: operator.rows.map((row) => row.join(' ')).sort(), late: operator.operator.metrics.lateRows };
  } finally {
    operator.close();
  }
}

describe('windowed aggregates', () => {
  const runs = Number(process.env.TIDEMARK_PROPERTY_RUNS ?? 200);

  test('row by row, a row counts in the windows that are open', () => {
    fc.assert(
      fc.property(rowsArbitrary, windowArbitrary, (rows, window) => {
        expect(run(rows, window, [1])).toEqual(expected(rows, window));
      }),
      { numRuns: runs },
    );
  });

  test('any cut into batches gives the same rows of tumbling windows, late ones left out', () => {
    fc.assert(
      fc.property(
        rowsArbitrary,
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
        (rows, sizeMs, cuts) => {
          const window = { kind: 'tumble' as const, sizeMs, offsetMs: 0 };
          expect(run(rows, window, cuts)).toEqual(expected(rows, window));
        },
      ),
      { numRuns: runs },
    );
  });
});

test('all memory comes back', () => {
  // What is left are the sessions of the runs above: one zone table each, made outside the operator.
  const before = memory.allocatedBytes;
  run(
    [
      [1, 1, 1n],
      [25, 2, null],
    ],
    { kind: 'hop', sizeMs: 10, slideMs: 2, offsetMs: 0 },
    [],
  );
  const once = memory.allocatedBytes - before;
  run(
    [
      [1, 1, 1n],
      [25, 2, null],
    ],
    { kind: 'hop', sizeMs: 10, slideMs: 2, offsetMs: 0 },
    [],
  );
  expect(memory.allocatedBytes - before).toBe(once * 2);
  expect(once).toBeLessThan(256);
});

afterAll(() => {
  expect(memory.allocatedBytes).toBeGreaterThanOrEqual(allocatedAtFirst);
});
