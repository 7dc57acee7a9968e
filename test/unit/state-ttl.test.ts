import { describe, expect, test } from 'vitest';
import { changeKind } from '../../src/memory/batch.ts';
import type { CellValue } from '../../src/memory/cell-value.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { PhysicalOperator } from '../../src/physical/graph.ts';
import { operatorOf } from '../support/operators/operators-of.ts';
import { OperatorRun } from '../support/operators/run-operator.ts';

const tables = `
  CREATE TABLE clicks (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE timed (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE now (k STRING, v INT, p AS PROCTIME())
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE changes (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE by_v (k STRING, v INT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'blackhole');
`;

const names = new Map<number, string>([
  [changeKind.insert, '+I'],
  [changeKind.updateBefore, '-U'],
  [changeKind.updateAfter, '+U'],
  [changeKind.delete, '-D'],
]);

/** An operator whose state lives for 100 ms, on a clock of its own. */
class Living {
  readonly #run: OperatorRun;
  #nowMs = 0;

  constructor(query: string, kind: PhysicalOperator['work']['kind'], settings: Readonly<Record<string, string>> = {}) {
    const node = operatorOf(tables, query, kind, { 'table.exec.state.ttl': '100 ms', ...settings });
    this.#run = new OperatorRun(node, { memory: Memory.create(), nowMs: () => this.#nowMs });
  }

  /** A row at a time; what is sent for it, texts and numbers alone. */
  at(nowMs: number, row: readonly CellValue[], kind: number = changeKind.insert): string {
    this.#nowMs = nowMs;
    this.#run.rowsIn([row], [kind]);
    return this.sent();
  }

  sent(): string {
    const shown = (value: CellValue): boolean => typeof value === 'string' || typeof value === 'number';
    return this.#run.rows
      .splice(0)
      .map(([kind, ...row]) => `${names.get(kind)} ${row.filter(shown).join('')}`)
      .join(' ');
  }

  /** The clock alone goes on; how many rows are kept then. */
  keptAt(nowMs: number): number {
    this.#nowMs = nowMs;
    this.#run.clock(nowMs);
    return this.#run.operator.stateSize.rows;
  }

  watermark(ms: number): string {
    this.#run.watermark(ms);
    return this.sent();
  }

  close(): void {
    this.#run.close();
  }
}

function ranked(table: string, n: number, order = 'v'): string {
  return `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS n FROM ${table}) WHERE n <= ${n}`;
}

describe('what was not written for the time to live goes, unseen', () => {
  test('a row of a Top-N over inserts; those behind it are not known', () => {
    const top = new Living(ranked('clicks', 2), 'top-n');
    expect(top.at(0, ['a', 1])).toBe('+I a1');
    expect(top.at(60, ['a', 2])).toBe('+I a2');
    // Behind the last rank, and so not written.
    expect(top.at(90, ['a', 3])).toBe('');
    // The row of time 0 is gone: there is a rank again.
    expect(top.at(100, ['a', 4])).toBe('+I a4');
    expect(top.keptAt(159)).toBe(3);
    expect(top.keptAt(160)).toBe(2);
    expect(top.keptAt(200)).toBe(0);
    top.close();
  });

  test('a row of a Top-N over changes, with those that are equal to it; the next one is at the border then', () => {
    const top = new Living(ranked('(SELECT k, v FROM changes)', 1), 'top-n');
    expect(top.at(0, ['a', 1])).toBe('+I a1');
    expect(top.at(50, ['a', 2])).toBe('');
    expect(top.at(60, ['a', 1])).toBe('');
    // Written again by its equal, so older is the row behind it.
    expect(top.at(155, ['a', 3])).toBe('');
    expect(top.at(156, ['a', 1], changeKind.delete)).toBe('-D a1 +I a1');
    expect(top.at(170, ['a', 9])).toBe('');
    // Both a1 were as old as the last of them; a3 is the first now.
    expect(top.at(171, ['a', 3], changeKind.delete)).toBe('-D a3 +I a9');
    top.close();
  });

  test('the first row of a key by processing time, which later ones do not keep alive', () => {
    const first = new Living(ranked('now', 1, 'p'), 'deduplicate');
    expect(first.at(0, ['a', 1])).toBe('+I a1');
    expect(first.at(60, ['a', 2])).toBe('');
    expect(first.at(100, ['a', 3])).toBe('+I a3');
    first.close();
  });

  test('the last row of a key by processing time, which every row keeps alive', () => {
    const last = new Living(ranked('now', 1, 'p DESC'), 'deduplicate');
    expect(last.at(0, ['a', 1])).toBe('+I a1');
    expect(last.at(60, ['a', 2])).toBe('-U a1 +U a2');
    expect(last.at(120, ['a', 3])).toBe('-U a2 +U a3');
    expect(last.at(220, ['a', 4])).toBe('+I a4');
    last.close();
  });

  test('the key of a first row by event time, but not the row that waits', () => {
    const first = new Living(ranked('timed', 1, 'ts'), 'deduplicate');
    expect(first.at(0, [10n, 'a', 1])).toBe('');
    expect(first.keptAt(150)).toBe(2);
    expect(first.watermark(10)).toBe('+I a1');
    expect(first.at(200, [20n, 'a', 2])).toBe('');
    expect(first.at(260, [30n, 'a', 3])).toBe('');
    expect(first.watermark(30)).toBe('+I a3');
    first.close();
  });

  test('the row of a key of a changelog; an equal one is sent again, for what is behind', () => {
    const settings = { 'table.exec.source.cdc-events-duplicate': 'true' };
    const current = new Living('SELECT * FROM changes', 'deduplicate', settings);
    expect(current.at(0, ['a', 1])).toBe('+I a1');
    expect(current.at(60, ['a', 1])).toBe('-U a1 +U a1');
    expect(current.at(159, ['a', 2])).toBe('-U a1 +U a2');
    expect(current.at(259, ['a', 2], changeKind.delete)).toBe('');
    current.close();
  });

  test('the rows of a key before a sink, together', () => {
    const sink = new Living('INSERT INTO by_v SELECT k, v FROM changes', 'upsert-materialize');
    expect(sink.at(0, ['a', 1])).toBe('+I a1');
    expect(sink.at(60, ['b', 1])).toBe('+U b1');
    // a1 is as young as b1.
    expect(sink.at(120, ['b', 1], changeKind.delete)).toBe('+U a1');
    expect(sink.keptAt(160)).toBe(0);
    expect(sink.at(161, ['c', 1])).toBe('+I c1');
    sink.close();
  });

  test('the rows of a LIMIT over changes', () => {
    const limit = new Living('SELECT * FROM changes LIMIT 1', 'limit');
    expect(limit.at(0, ['a', 1])).toBe('+I a1');
    expect(limit.at(60, ['b', 1])).toBe('');
    expect(limit.keptAt(160)).toBe(0);
    expect(limit.at(170, ['c', 1])).toBe('+I c1');
    limit.close();
  });

  test('a partition of an OVER in the order of a column', () => {
    const over = new Living('SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY v) FROM clicks', 'over');
    expect(over.at(0, ['a', 2])).toBe('+I a2');
    expect(over.at(60, ['a', 1])).toBe('+I a1 -U a2 +U a3');
    expect(over.at(159, ['b', 5])).toBe('+I b5');
    expect(over.keptAt(160)).toBe(2);
    expect(over.at(161, ['a', 3])).toBe('+I a3');
    over.close();
  });

  test('a partition of an OVER by processing time, with the rows of its frame', () => {
    const frame = 'PARTITION BY k ORDER BY p ROWS BETWEEN 1 PRECEDING AND CURRENT ROW';
    const over = new Living(`SELECT k, SUM(v) OVER (${frame}) FROM now`, 'over');
    expect(over.at(0, ['a', 1])).toBe('+I a1');
    expect(over.at(60, ['a', 2])).toBe('+I a3');
    expect(over.at(160, ['a', 3])).toBe('+I a3');
    over.close();
  });

  test('a partition of an OVER by event time, but not one whose rows wait', () => {
    const over = new Living('SELECT k, SUM(v) OVER (PARTITION BY k ORDER BY ts) FROM timed', 'over');
    expect(over.at(0, [10n, 'a', 1])).toBe('');
    expect(over.keptAt(150)).toBe(2);
    expect(over.watermark(10)).toBe('+I a1');
    expect(over.at(200, [20n, 'a', 2])).toBe('');
    expect(over.watermark(20)).toBe('+I a3');
    expect(over.at(300, [30n, 'a', 4])).toBe('');
    expect(over.watermark(30)).toBe('+I a4');
    over.close();
  });
});
