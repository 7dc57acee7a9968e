import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { sum } from '../../src/functions/aggregate/sum.ts';
import { changeKind } from '../../src/memory/batch.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { call } from '../../src/plan/bind/calls.ts';
import type { Expression } from '../../src/plan/expression.ts';
import { allChanges, appendOnly, type MiniBatch } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, STRING } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'key', type: STRING() },
  { name: 'value', type: BIGINT() },
];
const output: Schema = [
  { name: 'key', type: STRING() },
  { name: 'sum', type: BIGINT() },
];

const value: Expression = { kind: 'column', index: 1, type: BIGINT(), span };

interface SumOptions {
  readonly stateTtlMs?: number;
  readonly miniBatch?: MiniBatch;
}

/** SUM(value) BY key. */
function sums(options: SumOptions = {}): PhysicalOperator {
  const overload = sum.overloads[0];
  if (overload === undefined) throw new Error('SUM takes a value');
  const sumCall = { name: 'SUM', overload, args: [value], distinct: false, filter: null, type: BIGINT(), span };
  const { stateTtlMs = 0, miniBatch = null } = options;
  return {
    id: 'aggregate-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [],
    stepSchema: input,
    work: { kind: 'aggregate', keys: [0], aggregates: [sumCall], stateTtlMs, miniBatch },
    after: [],
    workSchema: output,
    schema: output,
    changes: allChanges,
    marksWatermarks: false,
    span,
  };
}

/** SUM(100 / value), without keys. */
function sumOfShares(): PhysicalOperator {
  const node = sums();
  if (node.work.kind !== 'aggregate') throw new Error('a sum is an aggregate');
  const share = call('/', [{ kind: 'literal', value: 100n, type: BIGINT(false), span }, value], span);
  const aggregates = node.work.aggregates.map((sumCall) => ({ ...sumCall, args: [share] }));
  const schema = output.slice(1);
  return { ...node, work: { ...node.work, keys: [], aggregates }, workSchema: schema, schema };
}

const kindNames: ReadonlyMap<number, string> = new Map([
  [changeKind.insert, '+I'],
  [changeKind.updateBefore, '-U'],
  [changeKind.updateAfter, '+U'],
  [changeKind.delete, '-D'],
]);

/** What came out since the last call: `+I a6`. */
function sent(run: OperatorRun): readonly string[] {
  return run.rows.splice(0).map(([kind, ...row]) => `${kindNames.get(kind)} ${row.map(String).join('')}`);
}

function rows(run: OperatorRun, ...values: readonly (readonly CellValue[])[]): readonly string[] {
  run.rowsIn(values);
  return sent(run);
}

test('a batch sends what it has changed', () => {
  // The drawing of the operator's header.
  const run = new OperatorRun(sums());
  expect(rows(run, ['a', 1n])).toEqual(['+I a1']);
  expect(rows(run, ['a', 2n], ['b', 5n], ['a', 3n])).toEqual(['-U a1', '+U a6', '+I b5']);
  run.close();
});

test('where a batch holds one row, each row sends what it has changed', () => {
  const run = new OperatorRun(sums(), { batchRows: 1 });
  expect(rows(run, ['a', 1n], ['a', 2n])).toEqual(['+I a1', '-U a1', '+U a3']);
  run.close();
});

test('the rows before one that fails count, also where the accumulators are in locals', () => {
  const run = new OperatorRun(sumOfShares());
  expect(rows(run, ['a', 10n], ['b', 5n])).toEqual(['+I 30']);
  expect(() => rows(run, ['a', 4n], ['b', 2n], ['a', 0n], ['a', 1n])).toThrow('division by zero');
  expect(sent(run)).toEqual(['-U 30', '+U 105']);
  run.close();
});

test('a mini-batch of one phase counts rows, of two phases rows and then their keys', () => {
  const one = new OperatorRun(sums({ miniBatch: { sizeRows: 2, latencyMs: 1000, phases: 1 } }), { batchRows: 1 });
  expect(rows(one, ['a', 1n], ['a', 2n], ['a', 3n])).toEqual(['+I a3']);
  one.end();
  expect(sent(one)).toEqual(['-U a3', '+U a6']);
  one.close();
  const two = new OperatorRun(sums({ miniBatch: { sizeRows: 2, latencyMs: 1000, phases: 2 } }), { batchRows: 1 });
  // Two rows are one key: the bundle of keys is full with the fourth row.
  expect(rows(two, ['a', 1n], ['a', 2n])).toEqual([]);
  expect(rows(two, ['a', 3n], ['b', 4n], ['a', 5n])).toEqual(['+I a6', '+I b4']);
  two.end();
  expect(sent(two)).toEqual(['-U a6', '+U a11']);
  two.close();
});

test('a mini-batch waits no longer than it may', () => {
  let nowMs = 100;
  const miniBatch = { sizeRows: 1000, latencyMs: 50, phases: 1 } as const;
  const run = new OperatorRun(sums({ miniBatch }), { nowMs: () => nowMs });
  expect(run.operator.processingTimerMs).toBeNull();
  expect(rows(run, ['a', 1n])).toEqual([]);
  nowMs = 120;
  expect(rows(run, ['a', 2n])).toEqual([]);
  run.clock(149);
  expect(sent(run)).toEqual([]);
  run.clock(150);
  expect(sent(run)).toEqual(['+I a3']);
  expect(run.operator.processingTimerMs).toBeNull();
  run.close();
});

test('a group that no row came to for the time to live begins anew', () => {
  let nowMs = 0;
  const run = new OperatorRun(sums({ stateTtlMs: 100 }), { nowMs: () => nowMs });
  expect(rows(run, ['a', 1n], ['b', 1n])).toEqual(['+I a1', '+I b1']);
  nowMs = 90;
  expect(rows(run, ['a', 1n])).toEqual(['-U a1', '+U a2']);
  nowMs = 130;
  // 40 ms after its last row, but 130 after that of b.
  expect(rows(run, ['a', 1n], ['b', 1n])).toEqual(['-U a2', '+U a3', '+I b1']);
  run.close();
});

test('with a time to live an equal result is sent again', () => {
  const run = new OperatorRun(sums({ stateTtlMs: 100 }));
  expect(rows(run, ['a', 1n])).toEqual(['+I a1']);
  expect(rows(run, ['a', 0n])).toEqual(['-U a1', '+U a1']);
  run.close();
});

test('groups that are too old give their memory to those that come', () => {
  let nowMs = 0;
  const memory = Memory.create();
  const run = new OperatorRun(sums({ stateTtlMs: 100 }), { memory, batchRows: 64, nowMs: () => nowMs });
  const round = (): void => {
    for (let index = 0; index < 100; index++) {
      nowMs += 5;
      rows(run, ...Array.from({ length: 20 }, (_, at) => [`key ${String(nowMs * 100 + at).padStart(9, '0')}`, 1n]));
    }
  };
  round();
  const held = memory.allocatedBytes;
  for (let rounds = 0; rounds < 5; rounds++) round();
  expect(memory.allocatedBytes).toBe(held);
  run.close();
});

test('what a mini-batch holds is used again', () => {
  const memory = Memory.create();
  const miniBatch = { sizeRows: 50, latencyMs: 1000, phases: 1 } as const;
  const run = new OperatorRun(sums({ miniBatch }), { memory, batchRows: 64 });
  const round = (): void => {
    for (let index = 0; index < 500; index++) rows(run, ...Array.from({ length: 20 }, (_, at) => [`key ${at}`, 1n]));
  };
  round();
  const held = memory.allocatedBytes;
  for (let rounds = 0; rounds < 3; rounds++) round();
  expect(memory.allocatedBytes).toBe(held);
  run.close();
});
