import { type Column, condition } from '../expressions.ts';
import { aliased, type Query, type Scope, selection } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';
import { windowed, windowShape } from '../windows.ts';
import { aggregate } from './groups.ts';
import { totalOrder } from './rankings.ts';

/** Groups of windows, also with grouping sets, and the first rows or groups of each window. */
export function windowGroups(scope: Scope): Query {
  const { choices } = scope;
  const table = choices.pick(scope.tables);
  const source = windowed(scope, table, windowShape(choices));
  const where = choices.chance(25) ? condition(choices, source.columns, 1) : null;
  const from = sql`FROM ${source.sql}${clause('WHERE', where)}`;
  // The first rows of a window are those of rows that only come.
  if (table.isAppendOnly && choices.chance(20)) return firstRows(scope, source.window, source.columns, from);
  const keys = choices.several(0, 2, () => choices.pick(source.columns.filter(({ kind }) => kind !== 'TIMESTAMP')));
  const aggregates = choices.several(1, 3, () => aggregate(choices, source.columns));
  const { list, columns } = selection([...source.window, ...keys, ...aggregates]);
  const sets = keys.length > 0 && choices.chance(20);
  const own = joined(keys.map((key) => key.sql));
  const by = [...source.window, ...(sets ? [] : keys)].map((key) => key.sql);
  if (sets) by.push(choices.pick([sql`ROLLUP (${own})`, sql`CUBE (${own})`, sql`GROUPING SETS ((${own}), ())`]));
  const having = choices.chance(20) ? condition(choices, [...keys, ...aggregates], 1) : null;
  const group = sql`GROUP BY ${joined(by)}${clause('HAVING', having)}`;
  const grouped: Query = { sql: sql`SELECT ${list} ${from} ${group}`, columns };
  return choices.chance(25) ? firstGroups(scope, grouped) : grouped;
}

function firstRows(scope: Scope, window: readonly Column[], columns: readonly Column[], from: Sql): Query {
  const { choices } = scope;
  const key = choices.pick(columns);
  const { list, columns: names } = selection([...window, ...columns]);
  const number = sql`ROW_NUMBER() OVER (PARTITION BY ${joined([...window, key].map(({ sql: each }) => each))} ORDER BY ${totalOrder(choices, columns)})`;
  const inner = sql`SELECT ${list}, ${number} AS rn ${from}`;
  return {
    sql: sql`SELECT ${joined(names.map(({ name }) => name))} FROM (${inner}) AS ${scope.alias()} WHERE rn <= ${1 + choices.below(2)}`,
    columns: names,
  };
}

/** The first groups of each window, whose start and end are the first two columns. */
function firstGroups(scope: Scope, grouped: Query): Query {
  const { choices } = scope;
  const rows = aliased(grouped, scope.alias());
  const window = joined(rows.columns.slice(0, 2).map(({ sql: own }) => own));
  const number = sql`ROW_NUMBER() OVER (PARTITION BY ${window} ORDER BY ${totalOrder(choices, rows.columns)})`;
  const names = joined(grouped.columns.map(({ name }) => name));
  const ranked = sql`SELECT *, ${number} AS rn FROM ${rows.sql}`;
  const bound = 1 + choices.below(2);
  return {
    sql: sql`SELECT ${names} FROM (${ranked}) AS ${scope.alias()} WHERE rn <= ${bound}`,
    columns: grouped.columns,
  };
}
