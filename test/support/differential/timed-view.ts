import { type Column, condition, value } from './expressions.ts';
import { aggregate } from './queries/groups.ts';
import type { Scope } from './scope.ts';
import { clause, type Sql, sql } from './sql.ts';
import type { Kind, Table } from './tables.ts';
import { windowed, windowShape } from './windows.ts';

/**
 * A view over tables with an event time that has one itself, by which rows come out of another operator of time: what
 * stands behind them must neither wait for ever nor find them late.
 */
export function timedView(scope: Scope): Table {
  const { choices } = scope;
  const appended = scope.tables.filter(({ isAppendOnly }) => isAppendOnly);
  const form = choices.below(appended.length === 0 ? 2 : 5);
  const table = choices.pick(form < 2 ? scope.tables : appended);
  const make = [filtered, united, besideNear, ofWindows, counted][form] ?? filtered;
  const { view, columns, isAppendOnly = table.isAppendOnly } = make(scope, table);
  return {
    name: 'v',
    columns: [{ name: 'ts', kind: 'TIMESTAMP' as const }, ...columns].map((each) => ({ ...each, isNullable: true })),
    hasKey: false,
    time: { column: 'ts', delay: '', isOwn: false },
    isAppendOnly,
    view,
    changes: [],
    rows: [],
  };
}

interface View {
  readonly view: Sql;
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
  readonly isAppendOnly?: boolean;
}

function aliased(scope: Scope, table: Table): { readonly alias: string; readonly columns: readonly Column[] } {
  const alias = scope.alias();
  return { alias, columns: table.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })) };
}

function filtered(scope: Scope, table: Table): View {
  const { choices } = scope;
  const { alias, columns } = aliased(scope, table);
  const where = choices.chance(70) ? condition(choices, columns, 1) : null;
  const made = value(choices, columns, 'INT', 1);
  const view = sql`SELECT ${alias}.ts, ${alias}.x, ${made} AS y FROM ${table.name} AS ${alias}${clause('WHERE', where)}`;
  return { view, columns: twoNumbers };
}

const twoNumbers: View['columns'] = [
  { name: 'x', kind: 'INT' },
  { name: 'y', kind: 'INT' },
];

function united(scope: Scope, table: Table): View {
  const other = scope.choices.pick(scope.tables);
  const view = sql`SELECT ts, x, y FROM ${table.name} UNION ALL SELECT ts, y, x FROM ${other.name}`;
  return { view, columns: twoNumbers, isAppendOnly: table.isAppendOnly && other.isAppendOnly };
}

function besideNear(scope: Scope, table: Table): View {
  const { choices } = scope;
  const other = choices.pick(scope.tables.filter(({ isAppendOnly }) => isAppendOnly));
  const [left, right] = [scope.alias(), scope.alias()];
  const bounds = `${left}.ts BETWEEN ${right}.ts - INTERVAL '${choices.below(4)}' SECOND AND ${right}.ts + INTERVAL '${choices.below(4)}' SECOND`;
  const join = sql`${table.name} AS ${left} ${choices.pick(['JOIN', 'LEFT JOIN'])} ${other.name} AS ${right}`;
  const view = sql`SELECT ${left}.ts, ${left}.x, ${right}.y FROM ${join} ON ${left}.x = ${right}.x AND ${bounds}`;
  return { view, columns: twoNumbers };
}

function ofWindows(scope: Scope, table: Table): View {
  const { choices } = scope;
  const { sql: rows, window, columns } = windowed(scope, table, windowShape(choices));
  const [start, end] = window;
  const time = { flink: 'window_time', duckdb: sql`(${end?.sql ?? ''} - INTERVAL '0.001' SECOND)`.duckdb };
  const key = choices.pick(columns.filter(({ kind }) => kind === 'INT'));
  const counted = aggregate(
    choices,
    columns.filter(({ kind }) => kind === 'INT'),
  );
  const by = sql`${start?.sql ?? ''}, ${end?.sql ?? ''}, ${time}, ${key.sql}`;
  const view = sql`SELECT ${time} AS ts, ${key.sql} AS x, CAST(${counted.sql} AS INT) AS y FROM ${rows} GROUP BY ${by}`;
  return { view, columns: twoNumbers, isAppendOnly: true };
}

function counted(scope: Scope, table: Table): View {
  const { choices } = scope;
  const frame = choices.pick(['', `RANGE BETWEEN INTERVAL '${choices.below(4)}' SECOND PRECEDING AND CURRENT ROW`]);
  const call = sql`${choices.pick(['COUNT', 'MAX'])}(y) OVER (PARTITION BY x ORDER BY ts ${frame})`;
  return { view: sql`SELECT ts, x, CAST(${call} AS INT) AS y FROM ${table.name}`, columns: twoNumbers };
}
