import { type Column, condition } from './expressions.ts';
import { aggregate } from './queries/groups.ts';
import { joinCondition } from './queries/joins.ts';
import { totalOrder } from './queries/rankings.ts';
import { aliased, type Query, type Scope, type Source, selection } from './scope.ts';
import { joined, type Sql, sql } from './sql.ts';

/** Queries of which the first has the rows of all others together. */
export type Parts = readonly [whole: Sql, ...parts: Sql[]];

/** What must hold of any query, whatever it answers. */
export type Relation = (scope: Scope, query: Query) => Parts;

/** The rows for which a condition is TRUE, FALSE and UNKNOWN are all rows. */
function splitByCondition(scope: Scope, query: Query): Parts {
  const rows = aliased(query, scope.alias());
  const test = condition(scope.choices, rows.columns);
  const parts = [sql`(${test})`, sql`NOT (${test})`, sql`(${test}) IS UNKNOWN`];
  return [all(rows), ...parts.map((part) => filtered(rows, part))];
}

/** A condition keeps the rows for which it is TRUE as a value. */
function conditionAsValue(scope: Scope, query: Query): Parts {
  const rows = aliased(query, scope.alias());
  const test = condition(scope.choices, rows.columns);
  const outer = scope.alias();
  const names = joined(query.columns.map(({ name }) => `${outer}.${name}`));
  const valued = sql`(SELECT *, (${test}) AS holds FROM ${rows.sql}) AS ${outer}`;
  return [filtered(rows, test), sql`SELECT ${names} FROM ${valued} WHERE holds IS TRUE`];
}

/** No rows add none. */
function withNoRows(scope: Scope, query: Query): Parts {
  const [rows, none] = [aliased(query, scope.alias()), aliased(query, scope.alias())];
  return [all(rows), sql`${all(rows)} UNION ALL ${filtered(none, neverOf(scope, none))}`];
}

/** Beside no rows each row is padded. */
function besideNoRows(scope: Scope, query: Query): Parts {
  const [rows, none] = [aliased(query, scope.alias()), aliased(query, scope.alias())];
  const own = selection(rows.columns);
  const [key] = rows.columns;
  const [other] = none.columns;
  if (key === undefined || other === undefined) throw new Error('a query without columns');
  const empty = sql`(${filtered(none, neverOf(scope, none))}) AS ${aliasOf(none)}`;
  const join = sql`${rows.sql} LEFT JOIN ${empty} ON ${key.sql} = ${other.sql}`;
  return [
    sql`SELECT ${own.list}, FALSE AS met FROM ${rows.sql}`,
    sql`SELECT ${own.list}, ${other.sql} IS NOT NULL AS met FROM ${join}`,
  ];
}

/** A filter that is written below what it stands above of. */
function pushedByHand(scope: Scope, query: Query): Parts {
  const rows = aliased(query, scope.alias());
  const { choices } = scope;
  const form = choices.below(4);
  if (form === 0) return belowJoin(scope, rows);
  const key = choices.pick(rows.columns);
  const test = condition(choices, [key], 1);
  const kept = sql`(${filtered(rows, test)}) AS ${aliasOf(rows)}`;
  if (form === 1) {
    const { list } = selection([key, aggregate(choices, rows.columns)]);
    const groups = sql`GROUP BY ${key.sql}`;
    return [sql`SELECT ${list} FROM ${rows.sql} ${groups} HAVING ${test}`, sql`SELECT ${list} FROM ${kept} ${groups}`];
  }
  if (form === 2) {
    const number = sql`ROW_NUMBER() OVER (PARTITION BY ${key.sql} ORDER BY ${totalOrder(choices, rows.columns)}) AS place`;
    const first = (from: Sql): Sql =>
      sql`SELECT * FROM (SELECT *, ${number} FROM ${from}) AS ${aliasOf(rows)} WHERE place <= 2`;
    return [sql`${first(rows.sql)} AND (${test})`, first(kept)];
  }
  const other = aliased(query, scope.alias());
  const operator = choices.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL']);
  const names = joined(query.columns.map(({ name }) => name));
  const half = sql`(SELECT ${names} FROM ${other.sql} WHERE ${neverOf(scope, other)} OR ${condition(choices, other.columns, 1)})`;
  const both = aliasOf(rows);
  return [
    sql`SELECT * FROM ((${all(rows)}) ${operator} ${half}) AS ${both} WHERE ${test}`,
    sql`(${filtered(rows, test)}) ${operator} (SELECT * FROM ${half} AS ${both} WHERE ${test})`,
  ];
}

function belowJoin(scope: Scope, left: Source): Parts {
  const { choices } = scope;
  const right = scope.source();
  const test = condition(choices, left.columns, 1);
  const on = joinCondition(choices, left.columns, right.columns);
  const kind = choices.pick(['JOIN', 'LEFT JOIN']);
  const { list } = selection([...left.columns, ...right.columns]);
  const joinedTo = (from: Sql): Sql => sql`SELECT ${list} FROM ${from} ${kind} ${right.sql} ON ${on}`;
  return [sql`${joinedTo(left.sql)} WHERE ${test}`, joinedTo(sql`(${filtered(left, test)}) AS ${aliasOf(left)}`)];
}

function all(rows: Source): Sql {
  return sql`SELECT * FROM ${rows.sql}`;
}

function filtered(rows: Source, where: Sql): Sql {
  return sql`SELECT * FROM ${rows.sql} WHERE ${where}`;
}

/** A condition that holds for no row, which no rule can know. */
function neverOf({ choices }: Scope, { columns }: Source): Sql {
  const column: Column = choices.pick(columns);
  return sql`(${column.sql} IS NULL AND ${column.sql} = ${column.sql})`;
}

function aliasOf({ columns }: Source): string {
  return columns[0]?.sql.flink.split('.')[0] ?? '';
}

export const relations: Readonly<Record<string, Relation>> = {
  'its rows for which a condition is TRUE, FALSE and UNKNOWN are all rows': splitByCondition,
  'a condition keeps the rows for which it is TRUE as a value': conditionAsValue,
  'together with no rows it is itself': withNoRows,
  'beside no rows each row is padded': besideNoRows,
  'a filter may stand below a join, a group, a ranking or a set operation': pushedByHand,
};
