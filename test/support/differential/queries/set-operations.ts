import { type Column, condition, value } from '../expressions.ts';
import { type Query, type Scope, selection } from '../scope.ts';
import { clause, type Sql, sql } from '../sql.ts';
import type { Kind } from '../tables.ts';

const operators = ['UNION ALL', 'UNION', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL'];
const kinds: readonly Kind[] = ['INT', 'INT', 'STRING', 'BOOLEAN', 'DECIMAL', 'BIGINT', 'DATE'];

/** Two or three queries of the same columns, put together. */
export function setOperations(scope: Scope): Query {
  const { choices } = scope;
  const wanted = choices.several(1, 3, () => choices.pick(kinds));
  const { columns } = selection(wanted.map((kind) => ({ sql: sql``, kind })));
  let whole = part(scope, wanted);
  for (let more = 1 + choices.pick([0, 0, 1]); more > 0; more--) {
    const operator = choices.pick(operators);
    const [left, right] = choices.chance(25) ? [part(scope, wanted), whole] : [whole, part(scope, wanted)];
    whole = sql`(${left}) ${operator} (${right})`;
  }
  return { sql: whole, columns };
}

function part(scope: Scope, kinds: readonly Kind[]): Sql {
  const { choices } = scope;
  const source = scope.source();
  const values = kinds.map((kind): Column => ({ sql: value(choices, source.columns, kind, 1), kind }));
  const where = choices.chance(30) ? condition(choices, source.columns, 1) : null;
  return sql`SELECT ${selection(values).list} FROM ${source.sql}${clause('WHERE', where)}`;
}
