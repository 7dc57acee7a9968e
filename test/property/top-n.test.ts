import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator, Work } from '../../src/physical/graph.ts';
import { allChanges, appendOnly } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, INT, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun, type OutputRow } from '../support/operators/run-operator.ts';

type TopNWork = Extract<Work, { readonly kind: 'top-n' }>;

/** A row: its partition, which may be NULL, its points, a name and a limit. */
type Row = readonly [string | null, number | null, string, number];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'game', type: STRING() },
  { name: 'points', type: INT() },
  { name: 'name', type: STRING(false) },
  { name: 'n', type: INT(false) },
];
const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 300) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1);

interface Shape {
  readonly start: number;
  readonly end: number | { readonly column: number };
  readonly outputRank: boolean;
  readonly descending: boolean;
}

function topN({ start, end, outputRank, descending }: Shape, rankInput: TopNWork['input']): PhysicalOperator {
  const output = outputRank ? [...input, { name: '$rank', type: BIGINT(false) }] : input;
  return {
    id: 'top-n-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: rankInput.kind === 'inserts' ? appendOnly : allChanges,
    steps: [],
    stepSchema: input,
    work: {
      kind: 'top-n',
      partition: [0],
      order: [{ column: 1, descending, nullsFirst: !descending }],
      rankStart: start,
      rankEnd: end,
      outputRank,
      input: rankInput,
      window: null,
      stateTtlMs: 0,
    },
    after: [],
    workSchema: output,
    schema: output,
    changes: allChanges,
    marksWatermarks: false,
    span,
  };
}

/** What must remain of rows that are there, in the order in which they came; `limits` by partition. */
function ranked(
  rows: readonly Row[],
  { start, end, outputRank, descending }: Shape,
  limits: ReadonlyMap<string | null, number>,
): readonly string[] {
  const value = (row: Row): number => row[1] ?? Number.NEGATIVE_INFINITY;
  return [...new Set(rows.map(([game]) => game))].flatMap((game) => {
    const ordered = rows
      .filter((row) => row[0] === game)
      .sort((a, b) => (descending ? value(b) - value(a) || 0 : value(a) - value(b) || 0));
    const last = typeof end === 'number' ? end : (limits.get(game) ?? 0);
    return ordered
      .map((row, at) => [...row, ...(outputRank ? [at + 1] : [])].map(String).join(' '))
      .slice(start - 1, Math.max(last, start - 1));
  });
}

/** The rows that remain of changes; each that is taken back must be there. */
function remaining(changes: readonly OutputRow[]): readonly string[] {
  const rows: string[] = [];
  for (const [kind, ...values] of changes) {
    const text = values.map(String).join(' ');
    if (kind === 0 || kind === 2) rows.push(text);
    else {
      expect(rows).toContain(text);
      rows.splice(rows.indexOf(text), 1);
    }
  }
  return rows;
}

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.option(fc.constantFrom('chess', 'a game with a long name'), { nil: null }),
  fc.option(fc.integer({ min: 0, max: 6 }), { nil: null }),
  fc.constantFrom('ann', 'bob', 'a name that has a room of its own'),
  fc.integer({ min: 0, max: 4 }),
);
const shapeArbitrary: fc.Arbitrary<Shape> = fc
  .record({
    start: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 0, max: 4 }),
    isVariable: fc.boolean(),
    outputRank: fc.boolean(),
    descending: fc.boolean(),
  })
  .map(({ start, length, isVariable, ...rest }) => ({
    ...rest,
    start: isVariable ? 1 : start,
    end: isVariable ? { column: 3 } : start + length,
  }));

function limitsOf(rows: readonly Row[]): ReadonlyMap<string | null, number> {
  return new Map(rows.toReversed().map(([game, , , n]) => [game, n]));
}

/** Runs changes in batches of the given sizes, over and over. */
function run(
  node: PhysicalOperator,
  changes: readonly { readonly row: Row; readonly kind: number }[],
  size: number,
): readonly OutputRow[] {
  const operator = new OperatorRun(node, { memory, batchRows: 3 });
  try {
    for (let from = 0; from < changes.length; from += size) {
      const batch = changes.slice(from, from + size);
      operator.rowsIn(
        batch.map(({ row }) => row),
        batch.map(({ kind }) => kind),
      );
    }
    return operator.rows;
  } finally {
    operator.close();
  }
}

test('over inserts the ranks are those of the rows so far, ties as they came', () => {
  fc.assert(
    fc.property(
      fc.array(rowArbitrary, { maxLength: 60 }),
      shapeArbitrary,
      fc.integer({ min: 1, max: 9 }),
      (rows, shape, size) => {
        const changes = rows.map((row) => ({ row, kind: 0 }));
        const sent = run(topN(shape, { kind: 'inserts' }), changes, size);
        expect([...remaining(sent)].sort()).toEqual([...ranked(rows, shape, limitsOf(rows))].sort());
        expect(sent).toEqual(run(topN(shape, { kind: 'inserts' }), changes, 1));
      },
    ),
    { numRuns },
  );
});

test('a row that is taken back lets the ones behind it come up', () => {
  const change = fc.tuple(rowArbitrary, fc.boolean(), fc.nat());
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 60 }),
      shapeArbitrary,
      fc.integer({ min: 1, max: 9 }),
      (steps, shape, size) => {
        const present: Row[] = [];
        const changes = steps.map(([row, isTakenBack, which]) => {
          const old = isTakenBack ? present[which % Math.max(1, present.length)] : undefined;
          if (old === undefined) {
            present.push(row);
            return { row, kind: 0 };
          }
          // Of equal rows any: they are the same.
          present.splice(present.indexOf(old), 1);
          return { row: old, kind: 3 };
        });
        const sent = run(topN(shape, { kind: 'changes' }), changes, size);
        const isFixed = typeof shape.end === 'number';
        if (isFixed) expect([...remaining(sent)].sort()).toEqual([...ranked(present, shape, new Map())].sort());
        else remaining(sent);
        expect(sent).toEqual(run(topN(shape, { kind: 'changes' }), changes, 1));
      },
    ),
    { numRuns },
  );
});

test('rows of a key that only get better are ranked without what is behind the last rank', () => {
  const step = fc.tuple(
    fc.constantFrom('chess', 'go'),
    fc.constantFrom('ann', 'bob', 'cy', 'dan', 'eve'),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), shapeArbitrary, (steps, anyShape) => {
      const shape = { ...anyShape, descending: true, end: typeof anyShape.end === 'number' ? anyShape.end : 3 };
      const points = new Map<string, Row>();
      const changes = steps.flatMap(([game, name, more]) => {
        const old = points.get(`${game} ${name}`);
        const row: Row = [game, (old?.[1] ?? 0) + more, name, 1];
        // A row that is updated comes anew, also among equal ones.
        points.delete(`${game} ${name}`);
        points.set(`${game} ${name}`, row);
        return old === undefined
          ? [{ row, kind: 0 }]
          : [
              { row: old, kind: 1 },
              { row, kind: 2 },
            ];
      });
      const sent = run(topN(shape, { kind: 'better', key: [0, 2] }), changes, 4);
      const rows = remaining(sent);
      // Which of equal rows is ranked is left open: their points are not.
      const pointsOf = (texts: readonly string[]): readonly string[] =>
        texts.map((text) => text.replace(/ann|bob|cy|dan|eve/, '')).sort();
      expect(pointsOf(rows)).toEqual(pointsOf(ranked([...points.values()], shape, new Map())));
    }),
    { numRuns },
  );
});

test('a partition that is empty again is forgotten', () => {
  const operator = new OperatorRun(
    topN({ start: 1, end: 2, outputRank: true, descending: true }, { kind: 'changes' }),
    {
      memory,
    },
  );
  const round = (): void => {
    for (let game = 0; game < 500; game++) {
      const rows: readonly Row[] = [
        [`game ${game}`, 1, 'ann', 0],
        [`game ${game}`, 2, 'bob', 0],
      ];
      operator.rowsIn(rows);
      operator.rowsIn(rows, [3, 3]);
    }
  };
  round();
  const held = memory.allocatedBytes;
  for (let again = 0; again < 5; again++) round();
  expect(memory.allocatedBytes).toBeLessThanOrEqual(held);
  expect(remaining(operator.rows)).toEqual([]);
  operator.close();
});

test('the drawing: the 2 highest, with their ranks', () => {
  const rows: readonly Row[] = [
    [null, 5, 'a', 0],
    [null, 7, 'b', 0],
    [null, 6, 'c', 0],
  ];
  const changes = rows.map((row) => ({ row, kind: 0 }));
  const sent = run(topN({ start: 1, end: 2, outputRank: true, descending: true }, { kind: 'inserts' }), changes, 1);
  const texts = sent.map(([kind, , points, name, , rank]) =>
    [['+I', '-U', '+U', '-D'][kind], `${String(name)}${String(points)}`, String(rank)].join(' '),
  );
  expect(texts).toEqual(['+I a5 1', '-U a5 1', '+U b7 1', '+I a5 2', '-U a5 2', '+U c6 2']);
});
