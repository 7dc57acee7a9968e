import { type Column, condition, value } from '../expressions.ts';
import { aliased, type Query, type Scope, selection, someOf } from '../scope.ts';
import { clause, joined, sql } from '../sql.ts';
import type { Kind } from '../tables.ts';
import { totalOrder } from './rankings.ts';

/** Each row beside the elements of an array that is made of it, or beside the rows of a subquery that looks at it. */
export function laterals(scope: Scope): Query {
  const form = scope.choices.below(4);
  return form < 2 ? unnested(scope) : form === 2 ? besideRows(scope) : besideFirstRows(scope);
}

const elements: readonly Kind[] = ['INT', 'STRING', 'BIGINT', 'DATE'];

function unnested(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const alias = scope.alias();
  const kind = choices.pick(elements);
  const array = joined(choices.several(1, 3, () => value(choices, source.columns, kind, 1)));
  const hasPlace = choices.chance(30);
  const own: Column[] = [{ sql: sql`${alias}.e`, kind }];
  if (hasPlace) own.push({ sql: sql`${alias}.n`, kind: 'INT' });
  const names = hasPlace ? 'e, n' : 'e';
  const rows = sql`UNNEST(ARRAY[${array}])${hasPlace ? ' WITH ORDINALITY' : ''} AS ${alias}(${names})`;
  const join = choices.chance(40) ? sql`LEFT JOIN ${rows} ON TRUE` : sql`CROSS JOIN ${rows}`;
  const { list, columns } = selection([...someOf(choices, source.columns, 2), ...own]);
  const where = choices.chance(35) ? condition(choices, [...source.columns, ...own], 1) : null;
  return { sql: sql`SELECT ${list} FROM ${source.sql} ${join}${clause('WHERE', where)}`, columns };
}

function besideRows(scope: Scope): Query {
  const { choices } = scope;
  const [left, right] = [scope.source(), scope.source()];
  const own = choices.pick(right.columns);
  const same = left.columns.filter(({ kind }) => kind === own.kind);
  const equality =
    same.length === 0 ? condition(choices, right.columns, 1) : sql`${own.sql} = ${choices.pick(same).sql}`;
  const more = choices.chance(30) ? sql` AND (${condition(choices, right.columns, 1)})` : sql``;
  const rows = selection(
    choices.several(1, 2, (): Column => {
      const { kind } = choices.pick(right.columns);
      return { sql: value(choices, right.columns, kind, 1), kind };
    }),
  );
  const alias = scope.alias();
  const lateral = sql`LATERAL (SELECT ${rows.list} FROM ${right.sql} WHERE ${equality}${more}) AS ${alias}`;
  const join = choices.chance(50) ? sql`LEFT JOIN ${lateral} ON TRUE` : sql`CROSS JOIN ${lateral}`;
  const { list, columns } = selection([
    ...someOf(choices, left.columns, 2),
    ...rows.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })),
  ]);
  return { sql: sql`SELECT ${list} FROM ${left.sql} ${join}`, columns };
}

/** Of each different value the first rows that have it. */
function besideFirstRows(scope: Scope): Query {
  const { choices } = scope;
  const [source, right] = [scope.source(), scope.source()];
  const own = choices.pick(right.columns);
  const of = choices.pick([own, ...source.columns.filter(({ kind }) => kind === own.kind)].slice(-2));
  const from = of === own ? right : source;
  const left = aliased(
    { sql: sql`SELECT DISTINCT ${of.sql} AS k FROM ${from.sql}`, columns: [{ name: 'k', kind: of.kind }] },
    scope.alias(),
  );
  const rows = selection(someOf(choices, right.columns, 2));
  const order = totalOrder(
    choices,
    rows.columns.map(({ name, kind }) => ({ sql: sql`${name}`, kind })),
  );
  const [key] = left.columns;
  const alias = scope.alias();
  const lateral = sql`LATERAL (SELECT ${rows.list} FROM ${right.sql} WHERE ${own.sql} = ${key?.sql ?? ''} ORDER BY ${order} LIMIT ${1 + choices.below(2)}) AS ${alias}`;
  const join = choices.chance(50) ? sql`LEFT JOIN ${lateral} ON TRUE` : sql`CROSS JOIN ${lateral}`;
  const { list, columns } = selection([
    ...left.columns,
    ...rows.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })),
  ]);
  return { sql: sql`SELECT ${list} FROM ${left.sql} ${join}`, columns };
}
