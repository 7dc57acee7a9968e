import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator, Work } from '../../src/physical/graph.ts';
import { allChanges, appendOnly, type SortKey } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { DOUBLE, INT, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun, type OutputRow } from '../support/operators/run-operator.ts';

/** A row: its key, and what it may be ordered by. */
type Row = readonly [key: string | null, points: number | null, weight: number, name: string | null];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'game', type: STRING() },
  { name: 'points', type: INT() },
  { name: 'weight', type: DOUBLE(false) },
  { name: 'name', type: STRING() },
];
const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 1200) / 20;

function operator(work: Work): PhysicalOperator {
  return {
    id: 'top-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [],
    stepSchema: input,
    work,
    after: [],
    workSchema: input,
    schema: input,
    changes: allChanges,
    marksWatermarks: false,
    span,
  };
}

function topOne(order: readonly SortKey[]): PhysicalOperator {
  const ranks = { rankStart: 1, rankEnd: 1, outputRank: false, input: { kind: 'inserts' } } as const;
  return operator({ kind: 'top-n', partition: [0], order, ...ranks, window: null, stateTtlMs: 0 });
}

function lastByArrival(): PhysicalOperator {
  const deduplicate = { kind: 'deduplicate', keys: [0], keep: 'last', time: 'processing', timeColumn: 1 } as const;
  return operator({ ...deduplicate, window: null, stateTtlMs: 0 });
}

function run(node: PhysicalOperator, rows: readonly Row[], size: number): readonly OutputRow[] {
  const running = new OperatorRun(node, { memory, batchRows: 3 });
  try {
    for (let from = 0; from < rows.length; from += size) running.rowsIn(rows.slice(from, from + size));
    return running.rows;
  } finally {
    running.close();
  }
}

/** What is sent when `isFirst` says that a row comes before the one that is known. */
function sentFor(rows: readonly Row[], isFirst: (row: Row, known: Row) => boolean): readonly OutputRow[] {
  const tops = new Map<string | null, Row>();
  return rows.flatMap((row): OutputRow[] => {
    const known = tops.get(row[0]);
    if (known !== undefined && !isFirst(row, known)) return [];
    tops.set(row[0], row);
    return known === undefined
      ? [[0, ...row]]
      : [
          [1, ...known],
          [2, ...row],
        ];
  });
}

function compare(a: Row, b: Row, { column, descending, nullsFirst }: SortKey): number {
  const [x, y] = [a[column as 1 | 2 | 3], b[column as 1 | 2 | 3]];
  if (x === null || y === null) {
    if (x === y) return 0;
    return (x === null) === nullsFirst ? -1 : 1;
  }
  const order = x < y ? -1 : Number(x > y);
  return descending ? -order : order;
}

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.option(fc.constantFrom('chess', 'a game with a long name'), { nil: null }),
  fc.option(fc.integer({ min: -2, max: 3 }), { nil: null }),
  fc.constantFrom(-1.5, 0, 0.25, 1e300),
  fc.option(fc.constantFrom('', 'a', 'ann', 'a name that has a room of its own, and a wide one'), { nil: null }),
);
const orderArbitrary: fc.Arbitrary<readonly SortKey[]> = fc.uniqueArray(
  fc.record({
    column: fc.constantFrom(1, 2, 3),
    descending: fc.boolean(),
    nullsFirst: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3, selector: ({ column }) => column },
);
const rowsArbitrary = fc.array(rowArbitrary, { maxLength: 50 });
const sizeArbitrary = fc.integer({ min: 1, max: 9 });

test('a row is sent when it comes before the first one of its key, in any order; of equal rows the earlier is first', () => {
  fc.assert(
    fc.property(rowsArbitrary, orderArbitrary, sizeArbitrary, (rows, order, size) => {
      const isFirst = (row: Row, known: Row): boolean =>
        (order.map((key) => compare(row, known, key)).find((compared) => compared !== 0) ?? 0) < 0;
      expect(run(topOne(order), rows, size)).toEqual(sentFor(rows, isFirst));
    }),
    { numRuns },
  );
});

test('the last row of a key takes the place of the one before, whatever its texts need', () => {
  fc.assert(
    fc.property(rowsArbitrary, sizeArbitrary, (rows, size) => {
      expect(run(lastByArrival(), rows, size)).toEqual(sentFor(rows, () => true));
    }),
    { numRuns: numRuns / 2 },
  );
});

test('the drawing: the highest of all', () => {
  const rows = ['a5', 'b7', 'a6', 'c7'].map((text): Row => [null, Number(text[1]), 0, text[0] ?? '']);
  const sent = run(topOne([{ column: 1, descending: true, nullsFirst: false }]), rows, 1);
  const texts = sent.map(
    ([kind, , points, , name]) => `${['+I', '-U', '+U'][Number(kind)]} ${String(name)}${String(points)}`,
  );
  expect(texts).toEqual(['+I a5', '-U a5', '+U b7']);
});
