import type { Choices } from './choices.ts';
import type { Column } from './expressions.ts';
import type { Scope, Source } from './scope.ts';
import { type Sql, sql } from './sql.ts';
import type { Table } from './tables.ts';

/** The rows of a table in windows; `start` and `end` are the window's columns. */
export interface WindowedSource extends Source {
  readonly window: readonly Column[];
}

/** What a window is; the same text for tables that are to be joined by it. */
export interface WindowShape {
  readonly flink: (table: string) => string;
  /** The rows of a table, each in every window that it is in. */
  readonly duckdb: (table: string) => string;
}

export function windowShape(choices: Choices): WindowShape {
  const [slide, size] = choices.pick([
    [5, 5],
    [2, 4],
    [7, 7],
    [3, 9],
    [60, 60],
  ] as const);
  const offset = choices.chance(20) ? 1 : 0;
  const origin = `TIMESTAMP '1970-01-01 00:00:0${offset}'`;
  const shift = offset === 0 ? '' : `, INTERVAL '${offset}' SECOND`;
  const descriptor = (table: string): string => `TABLE ${table}, DESCRIPTOR(ts)`;
  if (slide === size) {
    return {
      flink: (table) => `TUMBLE(${descriptor(table)}, INTERVAL '${size}' SECOND${shift})`,
      duckdb: (table) => duckdbRows(table, `time_bucket(INTERVAL ${size} SECOND, ts, ${origin})`, size),
    };
  }
  if (choices.chance(50)) {
    return {
      flink: (table) => `HOP(${descriptor(table)}, INTERVAL '${slide}' SECOND, INTERVAL '${size}' SECOND${shift})`,
      duckdb: (table) =>
        duckdbRows(
          `${table}, range(${size / slide}) AS r(i)`,
          `time_bucket(INTERVAL ${slide} SECOND, ts, ${origin}) - INTERVAL (i * ${slide}) SECOND`,
          size,
        ),
    };
  }
  return {
    flink: (table) => `CUMULATE(${descriptor(table)}, INTERVAL '${slide}' SECOND, INTERVAL '${size}' SECOND${shift})`,
    duckdb: (table) => {
      const start = `time_bucket(INTERVAL ${size} SECOND, ts, ${origin})`;
      const end = `${start} + INTERVAL ((i + 1) * ${slide}) SECOND`;
      return `(SELECT * EXCLUDE (i), ${start} AS window_start, ${end} AS window_end FROM ${table}, range(${size / slide}) AS r(i) WHERE ts < ${end})`;
    },
  };
}

function duckdbRows(from: string, start: string, size: number): string {
  const rows = from.includes(' AS r(i)') ? '* EXCLUDE (i)' : '*';
  return `(SELECT ${rows}, ${start} AS window_start, ${start} + INTERVAL ${size} SECOND AS window_end FROM ${from})`;
}

/** The rows of a table in windows of this shape, as they stand in FROM. */
export function windowed(scope: Scope, table: Table, shape: WindowShape): WindowedSource {
  const alias = scope.alias();
  const rows: Sql = { flink: shape.flink(table.name), duckdb: shape.duckdb(table.name) };
  const window = ['window_start', 'window_end'].map(
    (name): Column => ({ sql: sql`${alias}.${name}`, kind: 'TIMESTAMP' }),
  );
  const columns = table.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind }));
  return { sql: sql`${rows} AS ${alias}`, columns, window };
}
