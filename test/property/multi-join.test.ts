import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { InputRows, PhysicalOperator } from '../../src/physical/graph.ts';
import type { Expression } from '../../src/plan/expression.ts';
import { appendOnly } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { INT, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A row of an input: its key and a name; the key stands first or last. */
type Row = readonly CellValue[];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const key = { name: 'k', type: STRING() };
const name = { name: 'name', type: INT() };
/** Of each input: columns, and where the key stands. */
const inputs: readonly { readonly schema: Schema; readonly key: number }[] = [
  { schema: [key, name], key: 0 },
  { schema: [name, { ...key, type: STRING(false) }], key: 1 },
  { schema: [key], key: 0 },
  { schema: [key, name], key: 0 },
];
const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 1000) / 20;

function joinOf(count: number): PhysicalOperator {
  const taken = inputs.slice(0, count);
  const [left, right, ...further] = taken.map(
    ({ schema }): InputRows => ({ inputSchema: schema, inputChanges: appendOnly, steps: [], stepSchema: schema }),
  );
  const output = taken.flatMap(({ schema }) => schema);
  const keys = taken.map(({ schema, key: index }): readonly Expression[] => [
    { kind: 'column', index, type: schema[index]?.type ?? STRING(), span },
  ]);
  return {
    ...(left as InputRows),
    right: right as InputRows,
    further,
    id: 'multi-join-1',
    inputs: taken.map((_, at) => `source-${at}`),
    work: { kind: 'multi-join', keys },
    after: [],
    workSchema: output,
    schema: output,
    changes: appendOnly,
    marksWatermarks: false,
    span,
  };
}

/** Batches of rows, each of an input. */
function run(
  count: number,
  batches: readonly { readonly input: number; readonly rows: readonly Row[] }[],
): readonly string[] {
  const running = new OperatorRun(joinOf(count), { memory, batchRows: 3 });
  try {
    for (const { input, rows } of batches) running.rowsIn(rows, undefined, input);
    return running.rows.map((row) => row.map(String).join(' '));
  } finally {
    running.close();
  }
}

const rowOf = (input: number): fc.Arbitrary<Row> =>
  fc
    .tuple(fc.constantFrom('a', 'b', 'a key that is a long text', null), fc.integer({ min: 0, max: 9 }))
    .map(([text, number]) => {
      const { schema } = inputs[input] ?? { schema: [] };
      return schema.map(({ name: column, type }) => (column === 'k' ? (type.nullable ? text : (text ?? '')) : number));
    });

test('each row meets those of its key in all other inputs, once', () => {
  const batchesOf = (count: number) =>
    fc.array(
      fc
        .nat({ max: count - 1 })
        .chain((input) => fc.record({ input: fc.constant(input), rows: fc.array(rowOf(input), { maxLength: 4 }) })),
      { maxLength: 14 },
    );
  const cases = fc.integer({ min: 3, max: 4 }).chain((count) => fc.tuple(fc.constant(count), batchesOf(count)));
  fc.assert(
    fc.property(cases, ([count, batches]) => {
      const rows = inputs
        .slice(0, count)
        .map((_, at) => batches.flatMap((batch) => (batch.input === at ? batch.rows : [])));
      const whole = rows.reduce<readonly { readonly key: CellValue; readonly cells: Row }[]>((met, own, at) => {
        const keyOf = (row: Row): CellValue => row[inputs[at]?.key ?? 0] ?? null;
        if (at === 0) return own.map((row) => ({ key: keyOf(row), cells: row }));
        return met.flatMap((before) =>
          own
            .filter((row) => before.key !== null && keyOf(row) === before.key)
            .map((row) => ({ key: before.key, cells: [...before.cells, ...row] })),
        );
      }, []);
      const expected = whole.map(({ cells }) => [0, ...cells].map(String).join(' '));
      expect([...run(count, batches)].sort()).toEqual(expected.sort());
    }),
    { numRuns },
  );
});

test('the drawing: a row meets the pairs of the others, the earlier of an input first', () => {
  const sent = run(3, [
    { input: 0, rows: [['k', 1]] },
    { input: 1, rows: [[1, 'k']] },
    { input: 2, rows: [['k']] },
    { input: 0, rows: [['k', 2]] },
    { input: 2, rows: [['k']] },
  ]);
  expect(sent.map((row) => row.replaceAll(' k', ''))).toEqual(['0 1 1', '0 2 1', '0 1 1', '0 2 1']);
});
