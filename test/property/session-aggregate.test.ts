import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { arrayAgg } from '../../src/functions/aggregate/array-agg.ts';
import { collect } from '../../src/functions/aggregate/collect.ts';
import { count } from '../../src/functions/aggregate/count.ts';
import { listagg } from '../../src/functions/aggregate/listagg.ts';
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import { decodeNested } from '../../src/memory/nested.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import type { AggregateCall, ColumnExpression } from '../../src/plan/expression.ts';
import { appendOnly } from '../../src/plan/logical.ts';
import type { Schema } from '../../src/types/column.ts';
import { ARRAY, BIGINT, MULTISET, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A row: its time, a key that may be NULL, a text that may be NULL. */
type Row = readonly [number, string | null, string | null];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'key', type: STRING() },
  { name: 'text', type: STRING() },
];
const output: Schema = [
  { name: 'key', type: STRING() },
  { name: 'n', type: BIGINT(false) },
  { name: 'texts', type: STRING() },
  { name: 'distinct_texts', type: STRING() },
  { name: 'distinct', type: BIGINT(false) },
  { name: 'all', type: ARRAY(STRING()) },
  { name: 'counted', type: MULTISET(STRING(), false) },
  { name: 'window_start', type: TIMESTAMP(3, false) },
  { name: 'window_end', type: TIMESTAMP(3, false) },
];
const memory = Memory.create();

function column(index: number): ColumnExpression {
  const found = input[index];
  if (found === undefined) throw new Error(`no column ${index}`);
  return { kind: 'column', index, type: found.type, span };
}

function aggregate(entry: AggregateFunction, args: readonly number[], distinct = false): AggregateCall {
  const overload = entry.overloads.find(({ params }) => params.length === args.length);
  if (overload === undefined) throw new Error(`${entry.name} does not take ${args.length} arguments`);
  const type = overload.returns(args.map((at) => column(at).type));
  return { name: entry.name, overload, args: args.map(column), distinct, filter: null, type, span };
}

function sessions(gapMs: number): PhysicalOperator {
  return {
    id: 'window-aggregate-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: [{ kind: 'watermark', timeColumn: 0, expression: column(0), span }],
    stepSchema: input,
    work: {
      kind: 'window-aggregate',
      window: { kind: 'assign', window: { kind: 'session', gapMs, partition: [] }, timeColumn: 0, time: 'event' },
      keys: [1],
      aggregates: [
        aggregate(count, []),
        aggregate(listagg, [2]),
        aggregate(listagg, [2], true),
        aggregate(count, [2], true),
        aggregate(arrayAgg, [2]),
        aggregate(collect, [2]),
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

interface Session {
  readonly key: string | null;
  readonly start: number;
  readonly end: number;
  readonly texts: readonly (string | null)[];
}

/** What must come of the rows, one by one: each joins the sessions of its key that it touches. */
function expected(rows: readonly Row[], gapMs: number): { readonly results: readonly string[]; readonly late: number } {
  let open: Session[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  const results: string[] = [];
  const close = (): void => {
    const ended = open.filter(({ end }) => end - 1 <= watermark).sort((a, b) => a.end - b.end);
    open = open.filter(({ end }) => end - 1 > watermark);
    results.push(...ended.map(resultText));
  };
  for (const [at, key, text] of rows) {
    const touched = open
      .filter((session) => session.key === key && session.start <= at + gapMs && at <= session.end)
      .sort((a, b) => a.start - b.start);
    const end = Math.max(at + gapMs, ...touched.map((session) => session.end));
    if (end - 1 <= watermark) {
      late++;
      continue;
    }
    const start = Math.min(at, ...touched.map((session) => session.start));
    const texts = [...touched.flatMap((session) => session.texts), text];
    // The earliest of those that met goes on; a new one stands behind all others.
    const place = touched[0] === undefined ? open.length : open.indexOf(touched[0]);
    open.splice(place, touched[0] === undefined ? 0 : 1, { key, start, end, texts });
    open = open.filter((session) => !touched.slice(1).includes(session));
    if (at > 0) watermark = Math.max(watermark, at);
    close();
  }
  watermark = Number.POSITIVE_INFINITY;
  close();
  return { results, late };
}

function resultText({ key, start, end, texts }: Session): string {
  const present = texts.filter((text) => text !== null);
  const joined = (values: readonly string[]): string => (values.length === 0 ? 'null' : values.join(','));
  const distinct = [...new Set(present)];
  const counted = distinct.map((text) => `${text}=${present.filter((other) => other === text).length}`);
  const all = `[${texts.map(String).join(', ')}]`;
  const multiset = `{${counted.toSorted().join(', ')}}`;
  return [
    0,
    key ?? 'null',
    texts.length,
    joined(present),
    joined(distinct),
    distinct.length,
    all,
    multiset,
    start,
    end,
  ].join(' ');
}

/** A value that came out, as `resultText` has it. */
function shownText(value: CellValue, at: number): string {
  const type = output[at]?.type;
  if (!(value instanceof Uint8Array) || type === undefined) return String(value);
  const parts = decodeNested(type, value) as readonly unknown[];
  if (type.kind === 'ARRAY') return `[${parts.map(String).join(', ')}]`;
  const pairs = parts.map((pair) => (pair as readonly unknown[]).join('='));
  return `{${pairs.toSorted().join(', ')}}`;
}

function run(
  rows: readonly Row[],
  gapMs: number,
  batchRows = 3,
): { readonly results: readonly string[]; readonly late: number } {
  const operator = new OperatorRun(sessions(gapMs), { memory, batchRows });
  try {
    for (const [at, key, text] of rows) operator.rowsIn([[BigInt(at), key, text]]);
    operator.end();
    return {
      results: operator.rows.map(([kind, ...row]) => [kind, ...row.map(shownText)].join(' ')),
      late: operator.operator.metrics.lateRows,
    };
  } finally {
    operator.close();
  }
}

const wordArbitrary = fc.constantFrom('a', 'bb', 'a longer text that has a room of its own', 'ünï', 'd');

test('rows of a key at most a gap apart are one session, sent in the order of their ends', () => {
  const row: fc.Arbitrary<Row> = fc.tuple(
    fc.integer({ min: 0, max: 25 }),
    fc.option(fc.constantFrom('k', 'l', 'some key'), { nil: null }),
    fc.option(wordArbitrary, { nil: null }),
  );
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 4 }),
      (rows, gapMs, pace) => {
        const timed = rows.map(([at, key, text], index): Row => [index * pace + at, key, text]);
        expect(run(timed, gapMs)).toEqual(expected(timed, gapMs));
      },
    ),
    { numRuns: Number(process.env.TIDEMARK_FUZZ_RUNS ?? 300) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1) },
  );
});

test('sessions of keys that come and go need no more memory than those that are open at a time', () => {
  const operator = new OperatorRun(sessions(5), { memory, batchRows: 16 });
  const round = (from: number): void => {
    for (let index = from; index < from + 2000; index++)
      operator.rowsIn([[BigInt(index), `visitor number ${index}`, `page ${index % 7}`]]);
  };
  round(0);
  const held = memory.allocatedBytes;
  for (let from = 2000; from < 20_000; from += 2000) round(from);
  expect(memory.allocatedBytes).toBe(held);
  operator.end();
  expect(operator.rows).toHaveLength(20_000);
  operator.close();
});
