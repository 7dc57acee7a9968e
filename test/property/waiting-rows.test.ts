import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { sum } from '../../src/functions/aggregate/sum.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator, Work } from '../../src/physical/graph.ts';
import type { AggregateCall, ColumnExpression } from '../../src/plan/expression.ts';
import { allChanges, appendOnly, type OverFrame } from '../../src/plan/logical.ts';
import type { Column, Schema } from '../../src/types/column.ts';
import { INT, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

/** A row: its time, a key that may be NULL, a number. */
type Row = readonly [at: number, key: string | null, v: number];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
const input: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'key', type: STRING() },
  { name: 'v', type: INT(false) },
  // The watermark that a row brings.
  { name: 'mark', type: TIMESTAMP(3, false) },
];
const windowColumns = ['window_start', 'window_end', 'window_time'].map(
  (name): Column => ({
    name,
    type: TIMESTAMP(3, false),
  }),
);
const memory = Memory.create();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 200) / (process.env.TIDEMARK_FUZZ_RUNS ? 20 : 1);

function column(index: number): ColumnExpression {
  return { kind: 'column', index, type: input[index]?.type ?? INT(), span };
}

function operator(work: Work, added: Schema = []): PhysicalOperator {
  const output = [...input, ...added];
  const isTimed = work.kind !== 'over' || work.time === 'event';
  return {
    id: 'operator-1',
    inputs: ['source-1'],
    inputSchema: input,
    inputChanges: appendOnly,
    steps: isTimed ? [{ kind: 'watermark', timeColumn: 0, expression: column(3), span }] : [],
    stepSchema: input,
    work,
    after: [],
    workSchema: output,
    schema: output,
    changes: work.kind === 'over' && work.time === null ? allChanges : appendOnly,
    marksWatermarks: false,
    span,
  };
}

/** What leaves when rows come one by one (or so many at once), the watermark `delay` behind each: kind, at, key, v, more. */
function run(
  node: PhysicalOperator,
  rows: readonly Row[],
  delay: number,
  size = 1,
): { readonly sent: readonly string[]; readonly late: number } {
  const started = new OperatorRun(node, { memory, batchRows: 3 });
  try {
    for (let from = 0; from < rows.length; from += size) {
      const batch = rows.slice(from, from + size);
      started.rowsIn(batch.map(([at, key, v]) => [BigInt(at), key, v, BigInt(at - delay)]));
    }
    started.end();
    const sent = started.rows.map((row) =>
      row
        .filter((_, index) => index !== 4)
        .map(String)
        .join(' '),
    );
    return { sent, late: started.operator.metrics.lateRows };
  } finally {
    started.close();
  }
}

/** Takes rows one by one: `take` tells whether a row is on time, `advance` gives the rows that are due by a watermark. */
function oneByOne(
  rows: readonly Row[],
  delay: number,
  model: {
    readonly take: (row: Row, watermark: number) => boolean;
    readonly advance: (watermark: number) => readonly string[];
  },
): { readonly sent: readonly string[]; readonly late: number } {
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  const sent: string[] = [];
  for (const row of rows) {
    if (!model.take(row, watermark)) late++;
    const mark = row[0] - delay;
    if (mark <= 0 || mark <= watermark) continue;
    watermark = mark;
    sent.push(...model.advance(watermark));
  }
  sent.push(...model.advance(Number.POSITIVE_INFINITY));
  return { sent, late };
}

const rowsArbitrary = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 12 }),
        fc.option(fc.constantFrom('k', 'l', 'a key that has a room of its own'), { nil: null }),
        fc.integer({ min: 0, max: 3 }),
      ),
      { maxLength: 60 },
    ),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([rows, pace]) => rows.map(([at, key, v], index): Row => [index * pace + at, key, v]));
const delayArbitrary = fc.integer({ min: 0, max: 8 });
const text = (row: Row, ...more: readonly number[]): string => [0, ...row, ...more].map(String).join(' ');

const sorted: Work = {
  kind: 'sort',
  order: [
    { column: 0, descending: false, nullsFirst: true },
    { column: 2, descending: true, nullsFirst: false },
  ],
  time: 'event',
};

test('sorted rows leave in the order of time and value when the watermark has come to them', () => {
  fc.assert(
    fc.property(rowsArbitrary, delayArbitrary, (rows, delay) => {
      let waiting: Row[] = [];
      let sentAt = Number.NEGATIVE_INFINITY;
      const expected = oneByOne(rows, delay, {
        take: (row) => row[0] > sentAt && waiting.push(row) > 0,
        advance: (watermark) => {
          const due = waiting.filter(([at]) => at <= watermark).sort((a, b) => a[0] - b[0] || b[2] - a[2]);
          waiting = waiting.filter(([at]) => at > watermark);
          sentAt = Math.max(sentAt, ...due.map(([at]) => at));
          return due.map((row) => text(row));
        },
      });
      expect(run(operator(sorted), rows, delay)).toEqual(expected);
    }),
    { numRuns },
  );
});

const firstRows: Work = {
  kind: 'deduplicate',
  keys: [1],
  timeColumn: 0,
  time: 'event',
  keep: 'first',
  window: null,
  stateTtlMs: 0,
};

test('the first row of a key leaves once, when none before it can come', () => {
  fc.assert(
    fc.property(rowsArbitrary, delayArbitrary, fc.integer({ min: 1, max: 9 }), (rows, delay, size) => {
      const waiting = new Map<string | null, Row>();
      const done = new Set<string | null>();
      const expected = oneByOne(rows, delay, {
        take: (row, watermark) => {
          const [at, key] = row;
          if (at < watermark) return false;
          const first = waiting.get(key);
          if (!done.has(key) && (first === undefined || at < first[0])) {
            waiting.delete(key);
            waiting.set(key, row);
          }
          return true;
        },
        advance: (watermark) => {
          const due = [...waiting.values()].filter(([at]) => at <= watermark).sort((a, b) => a[0] - b[0]);
          for (const [, key] of due) {
            waiting.delete(key);
            done.add(key);
          }
          return due.map((row) => text(row));
        },
      });
      const one = run(operator(firstRows), rows, delay);
      expect(one).toEqual(expected);
      const many = run(operator(firstRows), rows, delay, size);
      expect({ ...many, sent: [...many.sent].sort() }).toEqual({ ...one, sent: [...one.sent].sort() });
    }),
    { numRuns },
  );
});

function sessionsOf(gapMs: number): PhysicalOperator {
  const window = { kind: 'session', gapMs, partition: [1] } as const;
  return operator({ kind: 'session-window', window: { window, timeColumn: 0, time: 'event' } }, windowColumns);
}

test('the rows of a session leave as they came when it has ended', () => {
  interface Session {
    readonly key: string | null;
    readonly start: number;
    readonly end: number;
    readonly rows: readonly (readonly [number, Row])[];
  }
  fc.assert(
    fc.property(rowsArbitrary, delayArbitrary, fc.integer({ min: 1, max: 6 }), (rows, delay, gapMs) => {
      let open: Session[] = [];
      let arrivals = 0;
      const expected = oneByOne(rows, delay, {
        take: (row, watermark) => {
          const [at, key] = row;
          const touched = open.filter((each) => each.key === key && each.start <= at + gapMs && at <= each.end);
          const end = Math.max(at + gapMs, ...touched.map((each) => each.end));
          if (end - 1 <= watermark) return false;
          const start = Math.min(at, ...touched.map((each) => each.start));
          const own = [...touched.flatMap((each) => each.rows), [arrivals++, row] as const].sort(([a], [b]) => a - b);
          const [earliest] = touched.toSorted((a, b) => a.start - b.start);
          const place = earliest === undefined ? open.length : open.indexOf(earliest);
          open.splice(place, earliest === undefined ? 0 : 1, { key, start, end, rows: own });
          open = open.filter((each) => each === earliest || !touched.includes(each));
          return true;
        },
        advance: (watermark) => {
          const ended = open.filter(({ end }) => end - 1 <= watermark).sort((a, b) => a.end - b.end);
          open = open.filter(({ end }) => end - 1 > watermark);
          return ended.flatMap(({ start, end, rows: own }) => own.map(([, row]) => text(row, start, end, end - 1)));
        },
      });
      expect(run(sessionsOf(gapMs), rows, delay)).toEqual(expected);
    }),
    { numRuns },
  );
});

/** The drawings in the headers of the operators, run. */
const letters = (sent: readonly string[]): string => sent.map((row) => row.split(' ')[3]).join(' ');

test('the drawing of a sort', () => {
  const rows = [4, 1, 3, 7, 2].map((at): Row => [at, null, at]);
  const { sent, late } = run(operator({ ...sorted, order: sorted.order.slice(0, 1) }), rows, 2);
  expect([letters(sent), late]).toEqual(['1 3 4 7', 1]);
});

test('the drawing of the first rows', () => {
  const rows: readonly Row[] = [
    [5, 'a', 5],
    [4, 'a', 4],
    [7, 'b', 7],
    [2, 'a', 2],
    [9, 'a', 9],
  ];
  const { sent, late } = run(operator(firstRows), rows, 3);
  expect([letters(sent), late]).toEqual(['4 7', 1]);
});

test('the drawing of the rows of sessions', () => {
  const rows = [1, 4, 8, 20].map((at): Row => [at, null, at]);
  const { sent } = run(sessionsOf(5), rows, 0);
  expect(sent.map((row) => row.split(' ').slice(3).join(' '))).toEqual([
    '1 1 13 12',
    '4 1 13 12',
    '8 1 13 12',
    '20 20 25 24',
  ]);
});

const total: AggregateCall = {
  name: 'SUM',
  overload: sum.overloads[0] as AggregateCall['overload'],
  args: [column(2)],
  distinct: false,
  filter: null,
  type: INT(false),
  span,
};

function over(time: 'event' | 'processing' | null, frame: OverFrame, orderColumn = 0): PhysicalOperator {
  const partition = time === 'processing' ? [1] : [];
  const work: Work = { kind: 'over', partition, orderColumn, time, frame, aggregates: [total], stateTtlMs: 0 };
  return operator(work, [{ name: 'total', type: INT(false) }]);
}

test('the drawing of an OVER by event time', () => {
  const rows: readonly Row[] = [
    [1, null, 1],
    [2, null, 2],
    [2, null, 4],
    [5, null, 8],
  ];
  const { sent } = run(over('event', { unit: 'range', precedingMs: 2 }), rows, 1);
  expect(sent.map((row) => row.split(' ').at(-1))).toEqual(['1', '7', '7', '8']);
});

test('the drawing of an OVER by arrival', () => {
  const rows: readonly Row[] = [
    [0, 'a', 1],
    [0, 'b', 5],
    [0, 'a', 2],
    [0, 'a', 3],
  ];
  const { sent } = run(over('processing', { unit: 'rows', precedingRows: 1 }), rows, 0, 4);
  expect(sent.map((row) => row.split(' ').at(-1))).toEqual(['1', '5', '3', '5']);
});

test('the drawing of an OVER in another order', () => {
  const rows: readonly Row[] = [
    [10, null, 1],
    [30, null, 4],
    [20, null, 2],
  ];
  const { sent } = run(over(null, { unit: 'range', precedingMs: null }), rows, 0);
  expect(sent.map((row) => `${row.split(' ')[0]} ${row.split(' ').at(-1)}`)).toEqual([
    '0 1',
    '0 5',
    '0 3',
    '1 5',
    '2 7',
  ]);
});
