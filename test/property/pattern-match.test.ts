import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { call } from '../../src/plan/bind/calls.ts';
import type { Expression } from '../../src/plan/expression.ts';
import { appendOnly, type MatchReference } from '../../src/plan/logical.ts';
import type { Column, Schema } from '../../src/types/column.ts';
import { BIGINT, BOOLEAN, INT, type SqlType, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';
import {
  NaiveMatcher,
  type NaivePattern,
  type NaiveRow,
  type NaiveVariable,
} from '../support/patterns/naive-matches.ts';

/** Random patterns over random rows, against runs that are lists of rows (see `NaiveMatcher`). */

interface Row extends NaiveRow {
  readonly key: string;
}

const variablesMax = 4;
const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'watermark', type: TIMESTAMP(3, false) },
  { name: 'key', type: STRING() },
  { name: 'n', type: INT(false) },
  ...Array.from({ length: variablesMax }, (_, at): Column => ({ name: `fits${at}`, type: BOOLEAN(false) })),
];
const memory = Memory.create();

/** What a match shows: its first and last n, rows of each variable, and its time. */
function operatorOf(pattern: NaivePattern): PhysicalOperator {
  const references: MatchReference[] = [];
  const reference = (made: MatchReference, type: SqlType): Expression => {
    references.push(made);
    return { kind: 'column', index: references.length - 1, type, span };
  };
  const cell = (variables: readonly number[] | null, from: 'first' | 'last', column: number, type: SqlType) =>
    reference({ kind: 'column', variables, from, offset: 0, column, type }, type);
  const counted = (variable: number): Expression => {
    const n: Expression = { kind: 'column', index: 3, type: INT(false), span };
    const overload = count.overloads.find(({ params }) => params.length === 1);
    if (overload === undefined) throw new Error('COUNT takes a value');
    const made = { name: 'COUNT', overload, args: [n], distinct: false, filter: null, type: BIGINT(false), span };
    return reference({ kind: 'aggregate', variables: [variable], call: made }, BIGINT(false));
  };
  const conditionOf = ({ wish }: NaiveVariable, variable: number): Expression => {
    const fits = cell([variable], 'last', 4 + variable, BOOLEAN(false));
    switch (wish.kind) {
      case 'none':
        return fits;
      case 'above': {
        const first = cell([wish.variable], 'first', 3, INT());
        const own = cell(null, 'last', 3, INT(false));
        const isAbove = call('OR', [call('IS NULL', [first], span), call('>=', [own, first], span)], span);
        return call('AND', [fits, isAbove], span);
      }
      case 'rising': {
        const offset = wish.variable === variable ? 1 : 0;
        const before = reference(
          { kind: 'column', variables: [wish.variable], from: 'last', offset, column: 3, type: INT() },
          INT(),
        );
        const own = cell(null, 'last', 3, INT(false));
        const isAbove = call('OR', [call('IS NULL', [before], span), call('>=', [own, before], span)], span);
        return call('AND', [fits, isAbove], span);
      }
      case 'few': {
        const most: Expression = { kind: 'literal', value: BigInt(wish.count), type: BIGINT(false), span };
        return call('AND', [fits, call('<=', [counted(variable), most], span)], span);
      }
    }
  };
  const conditions = pattern.variables.map(conditionOf);
  const measures = [
    cell(null, 'first', 3, INT(false)),
    cell(null, 'last', 3, INT(false)),
    ...pattern.variables.map((_, variable) => counted(variable)),
    reference({ kind: 'time', type: TIMESTAMP(3, false) }, TIMESTAMP(3, false)),
  ];
  const output: Schema = [
    { name: 'key', type: STRING() },
    ...measures.map(({ type }, at): Column => ({ name: `m${at}`, type })),
  ];
  return {
    id: 'match-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [
      {
        kind: 'watermark',
        timeColumn: 0,
        expression: { kind: 'column', index: 1, type: TIMESTAMP(3, false), span },
        span,
      },
    ],
    stepSchema: input,
    work: {
      kind: 'match',
      partition: [2],
      order: [{ column: 0, descending: false, nullsFirst: true }],
      time: 'event',
      pattern: pattern.variables.map(({ min, max, isGreedy }, at) => ({
        name: `V${at}`,
        condition: conditions[at] ?? null,
        min,
        max,
        isGreedy,
      })),
      skip: { to: pattern.skip, variable: pattern.skipVariable, span },
      withinMs: pattern.withinMs,
      references,
      measures,
    },
    after: [],
    workSchema: output,
    schema: output,
    changes: appendOnly,
    marksWatermarks: false,
    span,
  };
}

type Shown = readonly CellValue[];

/** In the order of time, late rows left out; null where a match cannot be skipped from. */
function naive(pattern: NaivePattern, rows: readonly Row[], delayMs: number): readonly Shown[] | null {
  let watermarkMs = 0;
  const inTime: Row[] = [];
  for (const row of rows) {
    if (row.atMs > watermarkMs) inTime.push(row);
    watermarkMs = Math.max(watermarkMs, row.atMs - delayMs);
  }
  inTime.sort((a, b) => a.atMs - b.atMs);
  const matchers = new Map<string, NaiveMatcher>();
  const shown: Shown[] = [];
  const take = (key: string, matcher: NaiveMatcher): void => {
    for (const { rows: taken, atMs } of matcher.matches.splice(0)) {
      const counts = pattern.variables.map((_, at) => BigInt(taken.filter(({ variable }) => variable === at).length));
      shown.push([key, taken[0]?.row.n ?? null, taken.at(-1)?.row.n ?? null, ...counts, BigInt(atMs)]);
    }
  };
  const expire = (nowMs: number): void => {
    for (;;) {
      const [first] = [...matchers].sort(([, a], [, b]) => a.deadlineMs - b.deadlineMs);
      if (first === undefined || first[1].deadlineMs > nowMs || first[1].deadlineMs === Infinity) return;
      const [key, matcher] = first;
      matcher.time(matcher.deadlineMs);
      take(key, matcher);
    }
  };
  try {
    for (const row of inTime) {
      expire(row.atMs);
      const matcher = matchers.get(row.key) ?? new NaiveMatcher(pattern);
      matchers.set(row.key, matcher);
      matcher.row(row);
      take(row.key, matcher);
    }
    expire(Number.MAX_SAFE_INTEGER);
    return shown;
  } catch {
    return null;
  }
}

function run(pattern: NaivePattern, rows: readonly Row[], delayMs: number, cuts: readonly number[]) {
  const operator = new OperatorRun(operatorOf(pattern), { memory });
  try {
    const cells = rows.map(({ atMs, key, n, fits }): CellValue[] => [
      BigInt(atMs),
      BigInt(atMs - delayMs),
      key,
      n,
      ...Array.from({ length: variablesMax }, (_, at) => fits[at] === true),
    ]);
    let from = 0;
    for (const to of [...new Set(cuts)].sort((a, b) => a - b)) {
      if (to > from && to < rows.length) {
        operator.rowsIn(cells.slice(from, to));
        from = to;
      }
    }
    operator.rowsIn(cells.slice(from));
    operator.end();
    return operator.rows.map(([, ...values]) => values);
  } catch {
    return null;
  } finally {
    operator.close();
  }
}

const shapes = [
  [1, 1, false],
  [1, 1, false],
  [0, 1, false],
  [0, null, true],
  [1, null, true],
  [0, null, false],
  [1, null, false],
  [2, 2, false],
  [1, 3, true],
  [1, 3, false],
  [0, 2, true],
  [0, 2, false],
  [2, null, true],
  [2, null, false],
] as const;

const skips = ['next row', 'next row', 'past last row', 'past last row', 'first', 'last'] as const;

const variable = fc
  .record({
    shape: fc.constantFrom(...shapes),
    // Mostly what lets matches go on together.
    wish: fc.oneof(
      { weight: 6, arbitrary: fc.constant({ kind: 'none' as const }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('rising' as const), variable: fc.nat(variablesMax - 1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('above' as const), variable: fc.nat(variablesMax - 1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('few' as const), count: fc.integer({ min: 1, max: 3 }) }) },
    ),
  })
  .map(({ shape: [min, max, isGreedy], wish }): NaiveVariable => ({ min, max, isGreedy, wish }));

const patterns = fc
  .record({
    variables: fc.array(variable, { minLength: 1, maxLength: variablesMax }),
    skip: fc.constantFrom(...skips),
    skipVariable: fc.nat(variablesMax - 1),
    withinMs: fc.option(fc.integer({ min: 2, max: 12 }), { nil: null }),
  })
  // What the binder refuses, and a wish for a variable that is not there.
  .filter(({ variables, skipVariable }) => {
    const isKnown = variables.every(({ wish }) => !('variable' in wish) || wish.variable < variables.length);
    const isOpen = variables.some(({ isGreedy }, at) => {
      const next = variables[at + 1];
      return isGreedy && (next === undefined || (next.min === 0 && (next.max === null || next.max === 1)));
    });
    return isKnown && !isOpen && variables.some(({ min }) => min > 0) && skipVariable < variables.length;
  });

const row = fc.record({
  atMs: fc.integer({ min: 1, max: 40 }),
  key: fc.constantFrom('a', 'b'),
  n: fc.nat(5),
  fits: fc.array(
    fc.integer({ min: 0, max: 9 }).map((dice) => dice < 8),
    { minLength: variablesMax, maxLength: variablesMax },
  ),
});

const inputs = fc.record({
  pattern: patterns,
  rows: fc
    .array(row, { maxLength: 24, size: 'max' })
    // Near the order of time, so that not all is late.
    .map((rows) => rows.map((each, at) => ({ ...each, atMs: 1 + at + Math.floor(each.atMs / 10) }))),
  delayMs: fc.constantFrom(0, 2, 100),
  cuts: fc.array(fc.nat(24), { maxLength: 6 }),
});

const numRuns = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 200 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 10;

test('matches are those of runs that are lists of rows, whatever the batches', () => {
  let matches = 0;
  fc.assert(
    fc.property(inputs, ({ pattern, rows, delayMs, cuts }) => {
      const expected = naive(pattern, rows, delayMs);
      expect(run(pattern, rows, delayMs, [])).toEqual(expected);
      expect(run(pattern, rows, delayMs, cuts)).toEqual(expected);
      matches += expected?.length ?? 0;
    }),
    { seed: 20_250_613, numRuns },
  );
  expect(matches).toBeGreaterThan(numRuns);
});

test('a closed operator has given back what it took, also where a row failed', () => {
  const used = (work: () => void): bigint => {
    const before = memory.kernels.allocatedBytes();
    work();
    return memory.kernels.allocatedBytes() - before;
  };
  fc.assert(
    fc.property(inputs, ({ pattern, rows, delayMs, cuts }) => {
      // The session's zone stays.
      const nothing = used(() => run(pattern, [], 0, []));
      expect(used(() => run(pattern, rows, delayMs, cuts))).toBe(nothing);
    }),
    { seed: 20_250_614, numRuns: numRuns / 4 },
  );
});

/** `A+ B` over one partition, of so many rows that are all A. */
function manyBegun(skip: NaivePattern['skip'], withinMs: number | null, count: number): OperatorRun {
  const variable = { max: null, isGreedy: true, wish: { kind: 'none' as const } };
  const pattern: NaivePattern = {
    variables: [
      { ...variable, min: 1 },
      { ...variable, min: 1, max: 1, isGreedy: false },
    ],
    skip,
    skipVariable: 0,
    withinMs,
  };
  const operator = new OperatorRun(operatorOf(pattern), { memory });
  for (let from = 1; from <= count; from += 500) {
    operator.rowsIn(Array.from({ length: Math.min(500, count + 1 - from) }, (_, at) => cellsOf(from + at, false)));
  }
  return operator;
}

function cellsOf(at: number, isLast: boolean): CellValue[] {
  return [BigInt(at), BigInt(at), 'a', 1, !isLast, isLast, false, false];
}

test.each(['next row', 'past last row'] as const)('matches begun that go on together share their rows: %s', (skip) => {
  const before = memory.kernels.allocatedBytes();
  const count = 2000;
  const operator = manyBegun(skip, null, count);
  // Each of the rows began a match: with a run and its nodes for each, this would be 100 MB.
  expect(Number(memory.kernels.allocatedBytes() - before)).toBeLessThan(4_000_000);
  operator.rowsIn([cellsOf(count + 1, true)]);
  operator.end();
  const shown = operator.rows.map(([, ...values]) => values);
  const starts = skip === 'next row' ? count : 1;
  expect(shown).toHaveLength(starts);
  expect(shown[0]).toEqual(['a', 1, 1, BigInt(count), 1n, BigInt(count + 1)]);
  expect(shown.at(-1)).toEqual(['a', 1, 1, BigInt(count + 1 - starts), 1n, BigInt(count + 1)]);
  operator.close();
});

test('WITHIN lets go of the first rows of matches that go on together', () => {
  const before = memory.kernels.allocatedBytes();
  const operator = manyBegun('next row', 100, 20_000);
  // A hundred matches are begun; a row of each that ever was would be 2 MB.
  expect(Number(memory.kernels.allocatedBytes() - before)).toBeLessThan(500_000);
  operator.rowsIn([cellsOf(20_001, true)]);
  operator.end();
  expect(operator.rows).toHaveLength(99);
  operator.close();
});
