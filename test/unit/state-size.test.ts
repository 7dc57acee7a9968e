import { describe, expect, test } from 'vitest';
import { changeKind } from '../../src/memory/batch.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { isAppendOnly } from '../../src/plan/logical.ts';
import { operatorOf } from '../support/operators/operators-of.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

const tables = `
  CREATE TABLE clicks (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE orders (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE prices (ts TIMESTAMP(3), k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts - INTERVAL '1' DAY)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE changes (ts TIMESTAMP(3), k STRING, v INT)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE by_v (ts TIMESTAMP(3), k STRING, v INT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'blackhole');
`;

const hours = "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR)";

const early = { 'table.exec.emit.early-fire.enabled': 'true', 'table.exec.emit.early-fire.delay': '0 s' };

/** What ends what is kept: the end of the input, or every row taken back. */
type Ends = 'time' | 'retractions';

/** A query whose operator holds rows: every one that keeps any stands here. */
const operators: readonly (readonly [
  kind: PhysicalOperator['work']['kind'],
  ends: Ends,
  query: string,
  settings?: Readonly<Record<string, string>>,
])[] = [
  ['window-aggregate', 'time', tvf('TUMBLE', "INTERVAL '1' HOUR")],
  ['window-aggregate', 'time', tvf('HOP', "INTERVAL '1' MINUTE, INTERVAL '1' HOUR")],
  ['window-aggregate', 'time', tvf('CUMULATE', "INTERVAL '1' MINUTE, INTERVAL '1' HOUR")],
  ['window-aggregate', 'time', tvf('SESSION', "INTERVAL '1' MINUTE")],
  ['window-aggregate', 'time', "SELECT k, SUM(v) FROM clicks GROUP BY k, TUMBLE(ts, INTERVAL '1' HOUR)", early],
  ['session-window', 'time', "SELECT * FROM SESSION(TABLE clicks PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE)"],
  ['aggregate', 'retractions', 'SELECT k, SUM(v), COUNT(DISTINCT v), MAX(k) FROM changes GROUP BY k'],
  ['top-n', 'retractions', `SELECT * FROM (SELECT *, ${number('k', 'v')} AS n FROM changes) WHERE n <= 2`],
  [
    'top-n',
    'time',
    `SELECT * FROM (SELECT *, ${number('window_start, window_end, k', 'v')} AS n FROM ${hours}) WHERE n <= 2`,
  ],
  [
    'deduplicate',
    'time',
    `SELECT * FROM (SELECT *, ${number('window_start, window_end, k', 'ts')} AS n FROM ${hours}) WHERE n = 1`,
  ],
  ['limit', 'retractions', 'SELECT * FROM changes LIMIT 3'],
  ['over', 'retractions', 'SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY v) FROM changes'],
  [
    'over',
    'time',
    "SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW) FROM clicks",
  ],
  ['sort', 'time', 'SELECT * FROM clicks ORDER BY ts, v'],
  [
    'match',
    'time',
    "SELECT * FROM clicks MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS a PATTERN (A B) WITHIN INTERVAL '1' MINUTE DEFINE A AS A.v > 0, B AS B.v < 0)",
  ],
  ['join', 'retractions', 'SELECT * FROM changes a LEFT JOIN changes b ON a.k = b.k'],
  [
    'join',
    'time',
    "SELECT * FROM clicks a JOIN orders b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts",
  ],
  [
    'join',
    'time',
    `SELECT * FROM (SELECT * FROM ${hours}) a JOIN (SELECT * FROM ${hours}) b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end`,
  ],
  ['upsert-materialize', 'retractions', 'INSERT INTO by_v SELECT * FROM changes'],
];

function tvf(name: string, sizes: string): string {
  const table = name === 'SESSION' ? 'TABLE clicks PARTITION BY k' : 'TABLE clicks';
  return `SELECT k, SUM(v), COUNT(DISTINCT v) FROM ${name}(${table}, DESCRIPTOR(ts), ${sizes}) GROUP BY k, window_start, window_end`;
}

function number(partition: string, order: string): string {
  return `ROW_NUMBER() OVER (PARTITION BY ${partition} ORDER BY ${order})`;
}

const rowCount = 600;

/** What the allocator may leave to a room that is larger than was asked for. */
const roundingBytes = 64;

const chunkBytes = 1 << 16;
const scratchBytes = 16_384;

/** Rows of 200 keys, within some hours. */
const rows = Array.from({ length: rowCount }, (_, at) => [at * 20_000, `key number ${at % 200}`, at % 7]);

function feed(run: OperatorRun, node: PhysicalOperator, kind: number): void {
  for (const input of node.right === undefined ? [0] : [0, 1]) {
    for (let from = 0; from < rows.length; from += 60) {
      const part = rows.slice(from, from + 60).map((row) => cells(row, node, input));
      const changes = input === 0 ? node.inputChanges : (node.right?.inputChanges ?? node.inputChanges);
      run.rowsIn(part, isAppendOnly(changes) ? undefined : part.map(() => kind), input);
    }
  }
}

/** The columns of an input by their names. */
function cells([ts, k, v]: readonly unknown[], node: PhysicalOperator, input: number): readonly CellValue[] {
  const { inputSchema } = input === 0 ? node : (node.right ?? node);
  const byName: Readonly<Record<string, unknown>> = { ts: BigInt(ts as number), k, v };
  return inputSchema.map(({ name }) => byName[name] as CellValue);
}

describe.each(operators.map(([kind, ends, query, settings = {}]) => ({ kind, ends, query, settings })))(
  '$kind, emptied by $ends: $query',
  ({ kind, ends, query, settings }) => {
    test('what it holds falls back to what it held at first', () => {
      const memory = Memory.create();
      const node = operatorOf(tables, query, kind, settings);
      const run = new OperatorRun(node, { memory, batchRows: 64 });
      const empty = run.operator.stateSize;
      expect(empty.rows).toBe(0);
      feed(run, node, changeKind.insert);
      const full = run.operator.stateSize;
      expect(full.rows).toBeGreaterThanOrEqual(200);
      expect(full.bytes).toBeGreaterThan(empty.bytes + 200 * 8);
      // What is allocated is what is said to be held: the rest is a chunk of small rooms, and scratch.
      const allocated = memory.allocatedBytes;
      for (let round = 0; round < 2; round++) feed(run, node, changeKind.insert);
      const unsaid = memory.allocatedBytes - allocated - (run.operator.stateSize.bytes - full.bytes);
      expect(unsaid).toBeGreaterThanOrEqual(-scratchBytes);
      expect(unsaid).toBeLessThan(chunkBytes + scratchBytes);
      if (ends === 'time') run.end();
      else {
        for (let round = 0; round < 3; round++) feed(run, node, changeKind.delete);
        run.rowsIn([]);
      }
      expect(run.operator.stateSize).toEqual({ bytes: expect.any(Number), rows: 0 });
      expect(run.operator.stateSize.bytes).toBeLessThanOrEqual(empty.bytes + roundingBytes);
      run.close();
    });
  },
);
