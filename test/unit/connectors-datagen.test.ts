import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { NestedValue } from '../../src/memory/nested.ts';
import type { Clock } from '../../src/runtime/clock.ts';

const memory = Memory.create();

/** The rows of a table of datagen. */
async function made(
  columns: string,
  options: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>> = {},
): Promise<NestedValue[][]> {
  const list = Object.entries({ connector: 'datagen', ...options }).map(([key, value]) => `'${key}' = '${value}'`);
  const engine = new Engine({ memory, settings });
  const rows: NestedValue[][] = [];
  for await (const event of engine.run(
    new SourceText('q.sql', `CREATE TABLE g (${columns}) WITH (${list.join(', ')}); SELECT * FROM g`),
  )) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'rows') rows.push(...event.rows.map(({ values }) => [...values]));
  }
  return rows;
}

function column(rows: readonly NestedValue[][], index = 0): NestedValue[] {
  return rows.map((row) => row[index] ?? null);
}

function between(values: readonly NestedValue[], least: number, most: number): void {
  const numbers = values.map(Number);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...numbers)).toBeLessThanOrEqual(most);
}

describe('random values', () => {
  test.each(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL(5, 0)'])(
    '%s lie within their bounds and reach all between',
    async (type) => {
      const options = { 'number-of-rows': '2000', 'fields.a.min': '-3', 'fields.a.max': '3' };
      const values = column(await made(`a ${type}`, options));
      between(values, -3, 3);
      expect(new Set(values.map((value) => Math.trunc(Number(value)))).size).toBeGreaterThanOrEqual(5);
    },
  );

  test('without bounds are of the whole type', async () => {
    const rows = await made('a TINYINT, b BIGINT', { 'number-of-rows': '2000' });
    expect(new Set(column(rows)).size).toBe(256);
    const wide = column(rows, 1).map(BigInt as (value: NestedValue) => bigint);
    expect(wide.some((value) => value > 1n << 61n)).toBe(true);
    expect(wide.some((value) => value < -(1n << 61n))).toBe(true);
  });

  test('bounds beyond what a double counts are kept exactly', async () => {
    const [min, max] = ['9007199254740993', '9007199254740995'];
    const options = { 'number-of-rows': '300', 'fields.a.min': min, 'fields.a.max': max };
    expect(new Set(column(await made('a BIGINT', options)))).toEqual(
      new Set([9007199254740993n, 9007199254740994n, 9007199254740995n]),
    );
  });

  test('texts have the length of their type, of the option, or 100', async () => {
    const rows = await made('a STRING, b VARCHAR(7), c CHAR(5), d STRING, e BYTES, f BINARY(3)', {
      'number-of-rows': '50',
      'fields.d.length': '9',
      'fields.e.length': '2',
    });
    for (const row of rows) {
      expect(row.map((value) => (value as string | Uint8Array).length)).toEqual([100, 7, 5, 9, 2, 3]);
      expect(row.slice(0, 4).join('')).toMatch(/^[0-9a-f]+$/);
    }
  });

  test('of variable length have 1 to the length', async () => {
    const options = { 'number-of-rows': '500', 'fields.a.length': '4', 'fields.a.var-len': 'true' };
    const lengths = column(await made('a STRING', options)).map((value) => String(value).length);
    expect(new Set(lengths)).toEqual(new Set([1, 2, 3, 4]));
  });

  test('the share of NULLs', async () => {
    const rows = await made('a INT, b STRING, c DECIMAL(4, 1), d INT', {
      'number-of-rows': '2000',
      'fields.a.null-rate': '0.25',
      'fields.b.null-rate': '0.25',
      'fields.c.null-rate': '0.25',
    });
    for (const index of [0, 1, 2]) {
      between([column(rows, index).filter((value) => value === null).length], 400, 600);
    }
    expect(column(rows, 3)).not.toContain(null);
  });

  test('times lie in the past at most as far as the option says', async () => {
    const before = Date.now();
    const rows = await made('a TIMESTAMP(3), b TIMESTAMP_LTZ(3), c TIMESTAMP(6), d TIMESTAMP(9), e DATE', {
      'number-of-rows': '200',
      'fields.a.max-past': '1 h',
    });
    const now = Date.now();
    between(column(rows), before - 3_600_000, now);
    expect(new Set(column(rows)).size).toBeGreaterThan(100);
    between(column(rows, 1), before, now);
    between(column(rows, 2), before * 1000, now * 1000);
    between(
      column(rows, 3).map((value) => Number(value) / 1e6),
      before,
      now,
    );
    between(column(rows, 4), Math.floor(before / 86_400_000), Math.floor(now / 86_400_000));
  });

  test('nested values, each part by its own options', async () => {
    const rows = await made('a ARRAY<INT>, m MAP<STRING, INT>, r ROW<p INT, q ROW<s STRING>>', {
      'number-of-rows': '20',
      'fields.a.length': '2',
      'fields.a.element.min': '1',
      'fields.a.element.max': '9',
      'fields.m.key.length': '2',
      'fields.r.p.min': '5',
      'fields.r.p.max': '6',
      'fields.r.q.s.length': '3',
    });
    for (const [array, map, row] of rows) {
      expect(array).toHaveLength(2);
      between(array as NestedValue[], 1, 9);
      for (const [key] of map as NestedValue[][]) expect(key).toHaveLength(2);
      const [p, q] = row as NestedValue[];
      between([p ?? null], 5, 6);
      expect((q as NestedValue[])[0]).toHaveLength(3);
    }
  });

  test('are the same in every run and for any batch size', async () => {
    const columns = 'a INT, b STRING, c DOUBLE, d DECIMAL(9, 2), e ARRAY<INT>';
    const options = { 'number-of-rows': '300', 'fields.b.null-rate': '0.1' };
    const all = await made(columns, options);
    expect(await made(columns, options)).toEqual(all);
    expect((await made(columns, options, { 'tidemark.batch-size': '7' })).map(([a]) => a)).toEqual(column(all));
  });
});

describe('sequences', () => {
  test('of any type count to their end, and end the table', async () => {
    const types = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL(5, 2)', 'STRING', 'VARCHAR(3)'];
    const columns = types.map((type, at) => `c${at} ${type}`).join(', ');
    const options = types.flatMap((_, at) => [
      [`fields.c${at}.kind`, 'sequence'],
      [`fields.c${at}.start`, '-2'],
      [`fields.c${at}.end`, '1'],
    ]);
    const rows = await made(columns, Object.fromEntries(options));
    expect(rows.map((row) => row.map((value) => (typeof value === 'string' ? value : Number(value))))).toEqual(
      [-2, -1, 0, 1].map((n) => [n, n, n, n, n, n, n * 100, String(n), String(n)]),
    );
  });

  test('the shortest, and number-of-rows, end the table', async () => {
    const two = {
      'fields.a.kind': 'sequence',
      'fields.a.start': '1',
      'fields.a.end': '9',
      'fields.b.kind': 'sequence',
      'fields.b.start': '1',
      'fields.b.end': '4',
    };
    expect(await made('a INT, b INT', two)).toHaveLength(4);
    expect(await made('a INT, b INT', { ...two, 'number-of-rows': '3' })).toHaveLength(3);
    expect(await made('a INT', { 'number-of-rows': '0' })).toEqual([]);
  });

  test('numbers beyond what a double counts are exact', async () => {
    const options = { 'fields.a.kind': 'sequence', 'fields.a.start': '9223372036854775806' };
    const rows = await made('a BIGINT', { ...options, 'fields.a.end': '9223372036854775807' });
    expect(rows).toEqual([[9223372036854775806n], [9223372036854775807n]]);
  });
});

test('no more rows are made than are due: the first second’s at once, the others in time', async () => {
  let nowMs = 0;
  const waits: number[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    elapsedMs: () => nowMs,
    giveTurn: async () => {},
    wait: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
  const engine = new Engine({ memory, clock });
  const sql = `CREATE TABLE g (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10', 'number-of-rows' = '25');
    SELECT a FROM g`;
  const made: [ms: number, rows: number][] = [];
  for await (const event of engine.run(new SourceText('q.sql', sql))) {
    if (event.kind === 'rows') made.push([nowMs, event.rows.length]);
  }
  expect(made.reduce((sum, [, rows]) => sum + rows, 0)).toBe(25);
  expect(made[0]).toEqual([0, 10]);
  expect(nowMs).toBe(1500);
  expect(waits.every((ms) => ms >= 1 && ms <= 100)).toBe(true);
});
