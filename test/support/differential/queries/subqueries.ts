import type { Choices } from '../choices.ts';
import { type Column, condition, value } from '../expressions.ts';
import { type Query, type Scope, type Source, selection, someOf } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';

/** IN, EXISTS, ALL, ANY and scalar subqueries: in WHERE, below AND, OR and NOT, and as values; correlated and not. */
export function subqueries(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const chosen = someOf(choices, source.columns, 3);
  if (choices.chance(35)) {
    const asked = choices.chance(40)
      ? scalar(scope, source.columns)
      : { sql: sql`(${subqueryCondition(scope, source.columns)})`, kind: 'BOOLEAN' as const };
    const { list, columns } = selection([...chosen, asked]);
    return { sql: sql`SELECT ${list} FROM ${source.sql}`, columns };
  }
  const { list, columns } = selection(chosen);
  return { sql: sql`SELECT ${list} FROM ${source.sql} WHERE ${combined(scope, source.columns)}`, columns };
}

function combined(scope: Scope, outer: readonly Column[]): Sql {
  const { choices } = scope;
  const asked = subqueryCondition(scope, outer);
  switch (choices.below(6)) {
    case 0:
    case 1:
      return asked;
    case 2:
      return sql`(${asked}) AND ${condition(choices, outer, 1)}`;
    case 3:
      return sql`(${asked} OR ${condition(choices, outer, 1)})`;
    case 4:
      return sql`NOT (${asked})`;
    default:
      return sql`(${asked}) ${choices.pick(['AND', 'OR'])} (${subqueryCondition(scope, outer)})`;
  }
}

const comparisons = ['=', '<', '>=', '<>'];

function subqueryCondition(scope: Scope, outer: readonly Column[]): Sql {
  const { choices } = scope;
  const not = choices.pick(['', 'NOT ']);
  const inner = scope.source();
  const where = choices.chance(60) ? correlated(choices, outer, inner.columns) : null;
  const rows = sql`FROM ${inner.sql}${clause('WHERE', where)}`;
  const form = choices.below(9);
  if (form === 8) return twoLevels(scope, outer, inner);
  if (form <= 1) return sql`${not}EXISTS (SELECT ${choices.pick(inner.columns).sql} ${rows})`;
  const own = choices.pick(outer);
  if (form === 7) {
    const { sql: found } = scalar(scope, outer, own.kind);
    return sql`${own.sql} ${choices.pick(comparisons)} ${found}`;
  }
  const wanted = value(choices, inner.columns, own.kind, 1);
  if (form <= 4) return sql`${own.sql} ${not}IN (SELECT ${wanted} ${rows})`;
  return sql`${own.sql} ${choices.pick(comparisons)} ${choices.pick(['ALL', 'ANY'])} (SELECT ${wanted} ${rows})`;
}

/** EXISTS within EXISTS, that looks at the rows of both levels above. */
function twoLevels(scope: Scope, outer: readonly Column[], inner: Source): Sql {
  const { choices } = scope;
  const innermost = scope.source();
  const not = (): string => choices.pick(['', 'NOT ']);
  const near = equality(choices, outer, inner.columns) ?? condition(choices, inner.columns, 1);
  const far = equality(choices, outer, innermost.columns) ?? condition(choices, innermost.columns, 1);
  const own = equality(choices, inner.columns, innermost.columns) ?? condition(choices, innermost.columns, 1);
  const within = sql`${not()}EXISTS (SELECT * FROM ${innermost.sql} WHERE ${far} AND ${own})`;
  return sql`${not()}EXISTS (SELECT * FROM ${inner.sql} WHERE ${near} AND ${within})`;
}

/** A condition over the rows within, that may look at the row without. */
function correlated(choices: Choices, outer: readonly Column[], inner: readonly Column[]): Sql {
  const equalities = choices.several(0, 2, () => equality(choices, outer, inner)).filter((each) => each !== null);
  const more = choices.chance(40)
    ? [sql`(${condition(choices, choices.chance(40) ? [...inner, ...outer] : inner, 1)})`]
    : [];
  const parts = [...equalities, ...more];
  return parts.length === 0 ? condition(choices, inner, 1) : joined(parts, ' AND ');
}

function equality(choices: Choices, outer: readonly Column[], inner: readonly Column[]): Sql | null {
  const own = choices.pick(inner);
  const same = outer.filter(({ kind }) => kind === own.kind);
  return same.length === 0 ? null : sql`${own.sql} = ${choices.pick(same).sql}`;
}

/** One value out of the rows within, of any kind or of this one. */
function scalar(scope: Scope, outer: readonly Column[], wanted?: Column['kind']): Column {
  const { choices } = scope;
  const inner = scope.source();
  const where = choices.chance(60) ? correlated(choices, outer, inner.columns) : null;
  const rows = sql`FROM ${inner.sql}${clause('WHERE', where)}`;
  const kind = wanted ?? choices.pick(inner.columns).kind;
  if ((kind === 'BIGINT' || kind === 'INT') && choices.chance(50)) {
    const count = sql`(SELECT COUNT(*) ${rows})`;
    const isCorrelated = where !== null && outer.some((column) => where.flink.includes(column.sql.flink));
    // On a stream there is no count of all rows until there is a row; beside a row without there is.
    if (isCorrelated) return { sql: count, kind: 'BIGINT' };
    return {
      sql: { flink: count.flink, duckdb: sql`(SELECT COUNT(*) ${rows} HAVING COUNT(*) > 0)`.duckdb },
      kind: 'BIGINT',
    };
  }
  return {
    sql: sql`(SELECT ${choices.pick(['MAX', 'MIN'])}(${value(choices, inner.columns, kind, 1)}) ${rows})`,
    kind,
  };
}
