import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import { max } from '../../src/functions/aggregate/extreme.ts';
import { lastValue } from '../../src/functions/aggregate/first-last.ts';
import { listagg } from '../../src/functions/aggregate/listagg.ts';
import { sum } from '../../src/functions/aggregate/sum.ts';
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator, Work } from '../../src/physical/graph.ts';
import type { AggregateCall, ColumnExpression } from '../../src/plan/expression.ts';
import { allChanges, appendOnly, type OverFrame } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { BIGINT, INT, type SqlType, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A row: its time, a key that may be NULL, a number and a text that may be NULL. */
type Row = readonly [number, string | null, number | null, string | null];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'key', type: STRING() },
  { name: 'v', type: INT() },
  { name: 'text', type: STRING() },
];
const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 200) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1);

function column(index: number): ColumnExpression {
  const found = input[index];
  if (found === undefined) throw new Error(`no column ${index}`);
  return { kind: 'column', index, type: found.type, span };
}

function aggregate(entry: AggregateFunction, args: readonly number[], type: SqlType, distinct = false): AggregateCall {
  const overload = entry.overloads.find(({ params }) => params.length === args.length);
  if (overload === undefined) throw new Error(`${entry.name} does not take ${args.length} arguments`);
  return { name: entry.name, overload, args: args.map(column), distinct, filter: null, type, span };
}

const aggregates = [
  aggregate(count, [], BIGINT(false)),
  aggregate(sum, [2], INT()),
  aggregate(max, [2], INT()),
  aggregate(count, [3], BIGINT(false), true),
  aggregate(lastValue, [3], STRING()),
  aggregate(listagg, [3], STRING()),
];

/** What the aggregates give over a frame. */
function resultsOf(frame: readonly Row[]): readonly string[] {
  const numbers = frame.flatMap(([, , v]) => v ?? []);
  const texts = frame.flatMap(([, , , text]) => text ?? []);
  const results = [
    frame.length,
    numbers.length === 0 ? null : numbers.reduce((total, v) => total + v, 0),
    numbers.length === 0 ? null : Math.max(...numbers),
    new Set(texts).size,
    texts.at(-1) ?? null,
    texts.length === 0 ? null : texts.join(','),
  ];
  return results.map(String);
}

function over(time: 'event' | null, orderColumn: number, frame: OverFrame, updating = false): PhysicalOperator {
  const work: Work = { kind: 'over', partition: [1], orderColumn, time, frame, aggregates, stateTtlMs: 0 };
  const output = [...input, ...aggregates.map(({ name, type }, at) => ({ name: `${name}${at}`, type }))];
  return {
    id: 'over-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: updating ? allChanges : appendOnly,
    steps: time === null ? [] : [{ kind: 'watermark', timeColumn: 0, expression: column(0), span }],
    stepSchema: input,
    work,
    after: [],
    workSchema: output,
    schema: output,
    changes: time === null ? allChanges : appendOnly,
    marksWatermarks: false,
    span,
  };
}

const frameArbitrary: fc.Arbitrary<OverFrame> = fc.oneof(
  fc.record({ unit: fc.constant('rows' as const), precedingRows: fc.option(fc.integer({ min: 0, max: 4 })) }),
  fc.record({ unit: fc.constant('range' as const), precedingMs: fc.option(fc.integer({ min: 0, max: 7 })) }),
);

const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: 0, max: 9 }),
  fc.option(fc.constantFrom('k', 'l', 'some key'), { nil: null }),
  fc.option(fc.integer({ min: -5, max: 5 }), { nil: null }),
  fc.option(fc.constantFrom('a', 'bb', 'a longer text that has a room of its own'), { nil: null }),
);

/** Rows by event time, taken one by one as OverTime says. */
function expectedByTime(
  rows: readonly Row[],
  frame: OverFrame,
): { readonly sent: readonly string[]; readonly late: number } {
  const preceding = frame.unit === 'rows' ? frame.precedingRows : frame.precedingMs;
  let waiting: Row[] = [];
  const kept = new Map<string | null, Row[]>();
  const sentAt = new Map<string | null, number>();
  const forgetAt = new Map<string | null, number>();
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  const sent: string[] = [];
  const advance = (to: number): void => {
    watermark = to;
    const due = waiting.filter(([at]) => at <= to).sort((a, b) => a[0] - b[0]);
    waiting = waiting.filter(([at]) => at > to);
    for (const row of due) {
      const [at, key] = row;
      const partition = kept.get(key) ?? [];
      const upto =
        frame.unit === 'rows'
          ? [...partition, row]
          : [...partition, ...due.filter((peer) => peer[1] === key && peer[0] <= at && !partition.includes(peer))];
      const within =
        preceding === null
          ? upto
          : frame.unit === 'rows'
            ? upto.slice(-preceding - 1)
            : upto.filter(([time]) => time >= at - preceding);
      sent.push([0, ...row, ...resultsOf(within)].map(String).join(' '));
      kept.set(key, [...partition, row]);
      sentAt.set(key, at);
    }
    for (const [key, time] of forgetAt) {
      if (time > to) continue;
      kept.delete(key);
      sentAt.delete(key);
      forgetAt.delete(key);
    }
  };
  for (const row of rows) {
    const [at, key] = row;
    const behind = preceding === null ? watermark : (sentAt.get(key) ?? Number.NEGATIVE_INFINITY);
    if (at <= behind) late++;
    else {
      waiting.push(row);
      if (
        frame.unit === 'range' &&
        preceding !== null &&
        (forgetAt.get(key) ?? Number.NEGATIVE_INFINITY) < at + preceding + 1
      )
        forgetAt.set(key, at + Math.floor((preceding * 3) / 2) + 1);
    }
    if (at > 0 && at > watermark) advance(at);
  }
  advance(Number.POSITIVE_INFINITY);
  return { sent, late };
}

test('by event time each row has the aggregates over its frame, whatever comes in between', () => {
  fc.assert(
    fc.property(
      fc.array(rowArbitrary, { maxLength: 60 }),
      frameArbitrary,
      fc.integer({ min: 0, max: 3 }),
      (rows, frame, pace) => {
        const timed = rows.map(([at, ...rest], index): Row => [index * pace + at, ...rest]);
        const operator = new OperatorRun(over('event', 0, frame), { memory, batchRows: 3 });
        try {
          for (const row of timed) operator.rowsIn([[BigInt(row[0]), ...row.slice(1)]] as never);
          operator.end();
          const sent = operator.rows.map((row) => row.map(String).join(' '));
          expect({ sent, late: operator.operator.metrics.lateRows }).toEqual(expectedByTime(timed, frame));
        } finally {
          operator.close();
        }
      },
    ),
    { numRuns },
  );
});

test('rows that are on time give the same by event time in batches of any size', () => {
  fc.assert(
    fc.property(
      fc.array(rowArbitrary, { maxLength: 60 }),
      frameArbitrary,
      fc.integer({ min: 1, max: 20 }),
      (rows, frame, size) => {
        const timed = rows.map(([at, ...rest], index): Row => [index * 10 + at, ...rest]);
        const run = (batchSize: number): readonly string[] => {
          const operator = new OperatorRun(over('event', 0, frame), { memory, batchRows: 3 });
          for (let from = 0; from < timed.length; from += batchSize) {
            const batch = timed.slice(from, from + batchSize);
            operator.rowsIn(batch.map(([at, ...rest]) => [BigInt(at), ...rest]));
          }
          operator.end();
          operator.close();
          return operator.rows.map((row) => row.map(String).join(' '));
        };
        expect(run(size)).toEqual(run(1));
      },
    ),
    { numRuns: numRuns / 2 },
  );
});

test('in another order what remains is each row with the aggregates over those before it', () => {
  const change = fc.tuple(rowArbitrary, fc.boolean());
  fc.assert(
    fc.property(fc.array(change, { maxLength: 50 }), fc.boolean(), fc.boolean(), (changes, isRange, isExact) => {
      const frame: OverFrame = isRange ? { unit: 'range', precedingMs: null } : { unit: 'rows', precedingRows: null };
      const node = over(null, 0, frame, true);
      const calls = isExact ? aggregates.slice(0, 4) : aggregates;
      const schema = [...input, ...calls.map(({ name, type }, at) => ({ name: `${name}${at}`, type }))];
      const operator = new OperatorRun(
        { ...node, work: { ...node.work, aggregates: calls } as Work, workSchema: schema, schema },
        { memory, batchRows: 3 },
      );
      const present: Row[] = [];
      for (const [row, isTakenBack] of changes) {
        // Every third or so takes back a row that is there, as its key says.
        const old = isTakenBack ? present.find(([, key]) => key === row[1]) : undefined;
        if (old !== undefined) present.splice(present.indexOf(old), 1);
        else present.push(row);
        const [at, ...rest] = old ?? row;
        operator.rowsIn([[BigInt(at), ...rest]], [old === undefined ? 0 : 3]);
      }
      const ordered = [...present].sort((a, b) => a[0] - b[0]);
      const expected = ordered.map((row, index) => {
        const frameRows = ordered.filter(
          ([at, key], other) => key === row[1] && (at < row[0] || (at === row[0] && (isRange || other <= index))),
        );
        return [...row, ...resultsOf(frameRows).slice(0, calls.length)].map(String).join(' ');
      });
      const remaining: string[] = [];
      for (const [kind, ...values] of operator.rows) {
        const text = values.map(String).join(' ');
        if (kind === 0 || kind === 2) remaining.push(text);
        else {
          expect(remaining).toContain(text);
          remaining.splice(remaining.indexOf(text), 1);
        }
      }
      operator.close();
      expect(remaining.sort()).toEqual(expected.sort());
    }),
    { numRuns },
  );
});

test('a frame of an interval keeps no more than its rows', () => {
  const operator = new OperatorRun(over('event', 0, { unit: 'range', precedingMs: 50 }), { memory, batchRows: 16 });
  const round = (from: number): void => {
    for (let index = from; index < from + 2000; index++)
      operator.rowsIn([[BigInt(index), `visitor number ${index}`, index % 7, `page ${index % 7}`]]);
  };
  round(1);
  const held = memory.allocatedBytes;
  for (let from = 2001; from < 20_000; from += 2000) round(from);
  expect(memory.allocatedBytes).toBeLessThanOrEqual(held);
  operator.end();
  expect(operator.rows).toHaveLength(20_000);
  operator.close();
});

test('an operator gives its memory back', () => {
  const heldBy = (node: PhysicalOperator): number => {
    const before = memory.allocatedBytes;
    const operator = new OperatorRun(node, { memory });
    for (let index = 1; index < 50; index++)
      operator.rowsIn([[BigInt(index), `key ${index % 3}`, index, 'text'.repeat(20)]]);
    operator.close();
    return memory.allocatedBytes - before;
  };
  const byTime = over('event', 0, { unit: 'rows', precedingRows: 2 });
  // The run itself keeps a zone.
  const held = heldBy({ ...byTime, work: { kind: 'collect' }, workSchema: input, schema: input });
  expect(heldBy(byTime)).toBe(held);
  expect(heldBy(over('event', 0, { unit: 'range', precedingMs: null }))).toBe(held);
  expect(heldBy(over('event', 0, { unit: 'range', precedingMs: 3 }))).toBe(held);
  expect(heldBy(over(null, 0, { unit: 'rows', precedingRows: null }))).toBe(held);
});
