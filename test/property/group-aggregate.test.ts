import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { arrayAgg } from '../../src/functions/aggregate/array-agg.ts';
import { collect } from '../../src/functions/aggregate/collect.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import { max, min } from '../../src/functions/aggregate/extreme.ts';
import { firstValue, lastValue } from '../../src/functions/aggregate/first-last.ts';
import { listagg } from '../../src/functions/aggregate/listagg.ts';
import { sum } from '../../src/functions/aggregate/sum.ts';
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts';
import { changeKind } from '../../src/memory/batch.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import { decodeNested } from '../../src/memory/nested.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { AggregateCall, ColumnExpression } from '../../src/plan/expression.ts';
import { allChanges } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { ARRAY, BIGINT, MULTISET, type SqlType, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A key and two values, each of which may be NULL. */
interface Row {
  readonly key: string | null;
  readonly number: bigint | null;
  readonly text: string | null;
}

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'key', type: STRING() },
  { name: 'number', type: BIGINT() },
  { name: 'text', type: STRING() },
];
const memory = Memory.create();

function column(index: number): ColumnExpression {
  return { kind: 'column', index, type: input[index]?.type ?? BIGINT(), span };
}

function aggregate(entry: AggregateFunction, args: readonly number[], type: SqlType, distinct = false): AggregateCall {
  const overload = entry.overloads.find(({ params }) => params.length === args.length);
  if (overload === undefined) throw new Error(`${entry.name} does not take ${args.length} arguments`);
  return { name: entry.name, overload, args: args.map(column), distinct, filter: null, type, span };
}

const aggregates = [
  aggregate(count, [], BIGINT(false)),
  aggregate(sum, [1], BIGINT()),
  aggregate(min, [1], BIGINT()),
  aggregate(max, [1], BIGINT()),
  aggregate(min, [2], STRING()),
  aggregate(firstValue, [2], STRING()),
  aggregate(lastValue, [1], BIGINT()),
  aggregate(listagg, [2], STRING()),
  aggregate(count, [2], BIGINT(false), true),
  aggregate(max, [2], STRING(), true),
  aggregate(arrayAgg, [1], ARRAY(BIGINT())),
  aggregate(arrayAgg, [2], ARRAY(STRING())),
  aggregate(arrayAgg, [1], ARRAY(BIGINT()), true),
  aggregate(collect, [2], MULTISET(STRING(), false)),
  aggregate(collect, [1], MULTISET(BIGINT(), false), true),
];
const output: Schema = [
  { name: 'key', type: STRING() },
  ...aggregates.map(({ type }, at) => ({ name: `a${at}`, type })),
];
const node: PhysicalOperator = {
  id: 'aggregate-1',
  inputs: ['source-1'],
  inputSchema: input,
  inputChanges: allChanges,
  steps: [],
  stepSchema: input,
  work: { kind: 'aggregate', keys: [0], aggregates, stateTtlMs: 0, miniBatch: null },
  after: [],
  workSchema: output,
  schema: output,
  changes: allChanges,
  marksWatermarks: false,
  span,
};

/** The aggregates of rows that are left, in the order of their arrival. */
function results(rows: readonly Row[]): string {
  const numbers = rows.flatMap(({ number }) => number ?? []);
  const texts = rows.flatMap(({ text }) => text ?? []);
  const least = <T>(values: readonly T[], isLess: (a: T, b: T) => boolean): T | null =>
    values.length === 0 ? null : values.reduce((a, b) => (isLess(b, a) ? b : a));
  const countOf = <T>(values: readonly T[], value: T): number => values.filter((other) => other === value).length;
  return [
    rows.length,
    numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0n),
    least(numbers, (a, b) => a < b),
    least(numbers, (a, b) => a > b),
    least(texts, (a, b) => a < b),
    texts[0] ?? null,
    numbers.at(-1) ?? null,
    texts.length === 0 ? null : texts.join(','),
    new Set(texts).size,
    least(texts, (a, b) => a > b),
    listText(rows.map(({ number }) => number)),
    listText(rows.map(({ text }) => text)),
    sortedText([...new Set(rows.map(({ number }) => number))].map(String)),
    sortedText([...new Set(texts)].map((text) => `${text}=${countOf(texts, text)}`)),
    sortedText([...new Set(numbers)].map((number) => `${number}=1`)),
  ].join('|');
}

function listText(values: readonly unknown[]): string {
  return `[${values.map(String).join(', ')}]`;
}

/** In no order: that of distinct values is of their first coming, that of a multiset of their hashes. */
function sortedText(values: readonly string[]): string {
  return listText(values.toSorted());
}

/** A value that came out, as `results` has it. */
function shownText(value: CellValue, at: number): string {
  if (value === null) return '';
  const type = output[at]?.type;
  if (!(value instanceof Uint8Array) || type === undefined) return String(value);
  const parts = decodeNested(type, value) as readonly unknown[];
  if (type.kind === 'ARRAY') return at === output.length - 3 ? sortedText(parts.map(String)) : listText(parts);
  return sortedText(parts.map((pair) => (pair as readonly unknown[]).join('=')));
}

/** What is left when a row like it is taken back: of equal values, the aggregates forget the earliest. */
function without(rows: readonly Row[], gone: Row): readonly Row[] {
  const numbers = removed(
    rows.map(({ number }) => number),
    gone.number,
  );
  const texts = removed(
    rows.map(({ text }) => text),
    gone.text,
  );
  return numbers.map((number, at) => ({ key: gone.key, number, text: texts[at] ?? null }));
}

function removed<T>(values: readonly T[], gone: T): readonly T[] {
  return values.toSpliced(values.indexOf(gone), 1);
}

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  key: fc.constantFrom('a', 'b', null),
  number: fc.option(fc.bigInt({ min: -2n, max: 3n }), { nil: null }),
  text: fc.option(fc.constantFrom('x', 'yy', 'a text that is too long for a small room', ''), { nil: null }),
});

/** Rows that come, and now and then one of them that is taken back. */
const stepsArbitrary = fc.array(fc.tuple(rowArbitrary, fc.boolean(), fc.nat(1000)), { maxLength: 60 });

test('what remains of the changes are the aggregates of the rows that remain, whatever the batches', () => {
  fc.assert(
    fc.property(
      stepsArbitrary,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      (steps, cuts) => {
        const left = new Map<string | null, readonly Row[]>();
        const present: Row[] = [];
        const changes: { readonly row: Row; readonly kind: number }[] = [];
        for (const [row, takesBack, which] of steps) {
          const gone = takesBack ? present.splice(which % Math.max(present.length, 1), 1)[0] : undefined;
          if (gone !== undefined) {
            changes.push({ row: gone, kind: changeKind.delete });
            left.set(gone.key, without(left.get(gone.key) ?? [], gone));
          } else {
            present.push(row);
            changes.push({ row, kind: changeKind.insert });
            left.set(row.key, [...(left.get(row.key) ?? []), row]);
          }
        }
        const expected = [...left].flatMap(([key, rows]) => (rows.length === 0 ? [] : [`${key}|${results(rows)}`]));
        expect(remaining(changes, cuts).sort()).toEqual(expected.sort());
      },
    ),
    { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 300) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1) },
  );
});

/** The rows that remain when the operator's changes are applied; each must take back what is there. */
function remaining(
  changes: readonly { readonly row: Row; readonly kind: number }[],
  cuts: readonly number[],
): string[] {
  const operator = new OperatorRun(node, { memory, batchRows: 3 });
  const shown = new Map<string, string>();
  try {
    let from = 0;
    for (let cut = 0; from < changes.length; cut++) {
      const batch = changes.slice(from, from + (cuts[cut % cuts.length] ?? 1));
      from += batch.length;
      operator.rowsIn(
        batch.map(({ row }) => [row.key, row.number, row.text]),
        batch.map(({ kind }) => kind),
      );
    }
    operator.end();
    for (const [kind, ...values] of operator.rows) {
      const key = String(values[0]);
      const text = values.map(shownText).join('|');
      const isTakenBack = kind === changeKind.delete || kind === changeKind.updateBefore;
      expect(shown.get(key), `${kind} ${text}`).toBe(isTakenBack ? text : undefined);
      if (isTakenBack) shown.delete(key);
      else shown.set(key, text);
    }
    return [...shown].map(([key, text]) => `${key}${text.slice(key === 'null' ? 0 : key.length)}`);
  } finally {
    operator.close();
  }
}

test('keys that come and go need no more memory than those that are there at a time', () => {
  const operator = new OperatorRun(node, { memory, batchRows: 16 });
  const round = (from: number): void => {
    for (let index = from; index < from + 500; index++) {
      const row = [`key number ${index}`, BigInt(index), `text number ${index}`];
      operator.rowsIn([row, row]);
      operator.rowsIn([row, row], [changeKind.delete, changeKind.delete]);
    }
  };
  round(0);
  const held = memory.allocatedBytes;
  for (let from = 500; from < 5000; from += 500) round(from);
  expect(memory.allocatedBytes).toBe(held);
  operator.close();
});
