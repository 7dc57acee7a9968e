import type { Choices } from '../choices.ts';
import { type Column, condition, value } from '../expressions.ts';
import { type Query, type Scope, selection } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';
import type { Kind } from '../tables.ts';

/** Groups of one key, of several, of grouping sets and of none; DISTINCT, FILTER and HAVING. */
export function groups(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const where = choices.chance(30) ? condition(choices, source.columns, 1) : null;
  const from = sql`FROM ${source.sql}${clause('WHERE', where)}`;
  const form = choices.below(10);
  if (form === 9) return distinct(choices, source.columns, from);
  if (form >= 7) return groupingSets(choices, source.columns, from);
  const keys = choices.several(form === 6 ? 0 : 1, 2, () => groupKey(choices, source.columns));
  const aggregates = choices.several(1, 3, () => aggregate(choices, source.columns));
  const { list, columns } = selection([...keys, ...aggregates]);
  const having = choices.chance(30) ? condition(choices, [...keys, ...aggregates], 1) : null;
  if (keys.length > 0) {
    const by = joined(keys.map(({ sql }) => sql));
    return { sql: sql`SELECT ${list} ${from} GROUP BY ${by}${clause('HAVING', having)}`, columns };
  }
  // On a stream there is no group of all rows until there is a row.
  const guarded = having === null ? sql`COUNT(*) > 0` : sql`(${having}) AND COUNT(*) > 0`;
  const flink = sql`SELECT ${list} ${from}${clause('HAVING', having)}`.flink;
  return { sql: { flink, duckdb: sql`SELECT ${list} ${from} HAVING ${guarded}`.duckdb }, columns };
}

function groupKey(choices: Choices, columns: readonly Column[]): Column {
  if (!choices.chance(20)) return choices.pick(columns);
  const { kind } = choices.pick(columns);
  // A constant would be a position to DuckDB.
  const held = choices.pick(columns.filter((column) => column.kind === kind));
  return { sql: sql`COALESCE(${held.sql}, ${value(choices, columns, kind, 1)})`, kind };
}

function distinct(choices: Choices, from: readonly Column[], rest: Sql): Query {
  const { list, columns } = selection(choices.several(1, 3, () => groupKey(choices, from)));
  return { sql: sql`SELECT DISTINCT ${list} ${rest}`, columns };
}

function groupingSets(choices: Choices, from: readonly Column[], rest: Sql): Query {
  const [first, second] = [choices.pick(from), choices.pick(from)];
  const keys = first.sql.flink === second.sql.flink ? [first] : [first, second];
  const all = joined(keys.map(({ sql }) => sql));
  const by = choices.pick([
    sql`ROLLUP (${all})`,
    sql`CUBE (${all})`,
    sql`GROUPING SETS ((${all}), ())`,
    sql`GROUPING SETS (${joined(keys.map(({ sql: key }) => sql`(${key})`))}, ())`,
    sql`GROUPING SETS ((${all}), (${first.sql}))`,
  ]);
  const grouping: Column = { sql: sql`GROUPING(${first.sql})`, kind: 'BIGINT' };
  const { list, columns } = selection([
    ...keys,
    ...(choices.chance(50) ? [grouping] : []),
    ...choices.several(1, 2, () => aggregate(choices, from)),
  ]);
  // The set of no keys has a row where there is one.
  const flink = sql`SELECT ${list} ${rest} GROUP BY ${by}`.flink;
  return { sql: { flink, duckdb: sql`SELECT ${list} ${rest} GROUP BY ${by} HAVING COUNT(*) > 0`.duckdb }, columns };
}

const summed: readonly Kind[] = ['INT', 'BIGINT', 'DECIMAL', 'DOUBLE'];

/** An aggregate whose value does not hang on the order of rows. */
export function aggregate(choices: Choices, columns: readonly Column[], { hasFilter = true } = {}): Column {
  const numbers = columns.filter(({ kind }) => summed.includes(kind));
  const of = choices.pick(columns);
  const filter = hasFilter && choices.chance(20) ? sql` FILTER (WHERE ${condition(choices, columns, 1)})` : sql``;
  const make = (call: Sql, kind: Kind): Column => ({ sql: sql`${call}${filter}`, kind });
  // Doubles are summed exactly, but divided they have digits of their own in each.
  switch (choices.below(numbers.length === 0 ? 5 : 9)) {
    case 0:
      return make(sql`COUNT(*)`, 'BIGINT');
    case 1:
      return make(sql`COUNT(${of.sql})`, 'BIGINT');
    case 2:
      return make(sql`COUNT(DISTINCT ${of.sql})`, 'BIGINT');
    case 3:
      return make(sql`MIN(${of.sql})`, of.kind);
    case 4:
      return make(sql`MAX(${of.sql})`, of.kind);
    case 5:
    case 6:
    case 7: {
      const number = choices.pick(numbers);
      return wide(make(sql`SUM(${choices.chance(20) ? 'DISTINCT ' : ''}${number.sql})`, number.kind));
    }
    default: {
      const number = choices.pick(numbers.filter(({ kind }) => kind === 'INT' || kind === 'BIGINT').concat(numbers));
      if (number.kind === 'DECIMAL' || number.kind === 'DOUBLE')
        return wide(make(sql`SUM(${number.sql})`, number.kind));
      const average = make(sql`AVG(${number.sql})`, number.kind);
      return {
        ...average,
        sql: { flink: average.sql.flink, duckdb: `CAST(TRUNC(${average.sql.duckdb}) AS ${number.kind})` },
      };
    }
  }
}

/** DuckDB sums integers in 128 bits. */
function wide(sum: Column): Column {
  if (sum.kind !== 'INT' && sum.kind !== 'BIGINT') return sum;
  return { ...sum, sql: { flink: sum.sql.flink, duckdb: `CAST(${sum.sql.duckdb} AS ${sum.kind})` } };
}
