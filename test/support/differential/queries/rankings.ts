import type { Choices } from '../choices.ts';
import { type Column, condition } from '../expressions.ts';
import { type Query, type Scope, selection } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';

/**
 * The first rows of each group, or of all: by ROW_NUMBER with and without the number, by QUALIFY and by LIMIT. Rows are
 * ordered by all that is seen of them, so that equal places are of equal rows.
 */
export function rankings(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const values = choices.several(1, 3, () => choices.pick(source.columns));
  const where = choices.chance(25) ? clause('WHERE', condition(choices, source.columns, 1)) : sql``;
  const { list, columns } = selection(values);
  if (choices.chance(30)) {
    const order = totalOrder(
      choices,
      columns.map(({ name, kind }) => ({ sql: sql`${name}`, kind })),
    );
    const offset = choices.chance(40) ? sql` OFFSET ${choices.below(3)}` : sql``;
    const limit = sql`LIMIT ${1 + choices.below(3)}${offset}`;
    return { sql: sql`SELECT ${list} FROM ${source.sql}${where} ORDER BY ${order} ${limit}`, columns };
  }
  const partition = choices.chance(65) ? sql`PARTITION BY ${choices.pick(values).sql} ` : sql``;
  const bound = choices.pick(['<= 1', '<= 2', '= 1', '<= 3', 'BETWEEN 2 AND 3', '= 2', '< 3']);
  const number = (over: readonly Column[]): Sql =>
    sql`ROW_NUMBER() OVER (${partition}ORDER BY ${totalOrder(choices, over)})`;
  if (choices.chance(25)) {
    return { sql: sql`SELECT ${list} FROM ${source.sql}${where} QUALIFY ${number(values)} ${bound}`, columns };
  }
  const inner = sql`SELECT ${list}, ${number(values)} AS rn FROM ${source.sql}${where}`;
  const names = columns.map(({ name }) => name);
  const more = choices.chance(15)
    ? sql` AND ${condition(
        choices,
        columns.map(({ name, kind }) => ({ sql: sql`${name}`, kind })),
        0,
      )}`
    : sql``;
  if (choices.chance(50)) {
    const seen = sql`SELECT ${joined(names)}, rn FROM (${inner}) AS ${scope.alias()} WHERE rn ${bound}${more}`;
    return { sql: seen, columns: [...columns, { name: 'rn', kind: 'BIGINT' }] };
  }
  return { sql: sql`SELECT ${joined(names)} FROM (${inner}) AS ${scope.alias()} WHERE rn ${bound}${more}`, columns };
}

/** All of the columns, each in some direction; those that follow from the first are in any order. */
export function totalOrder(choices: Choices, columns: readonly Column[]): Sql {
  const first = choices.below(columns.length);
  const turned = [...columns.slice(first), ...columns.slice(0, first)];
  return joined(
    turned.map(
      (column) => sql`${column.sql}${choices.pick(['', ' DESC', ' ASC', ' NULLS LAST', ' DESC NULLS FIRST'])}`,
    ),
  );
}
