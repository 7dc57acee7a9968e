import { type Column, condition, value } from '../expressions.ts';
import { type Query, type Scope, selection } from '../scope.ts';
import { clause, sql } from '../sql.ts';
import type { Kind } from '../tables.ts';

const kinds: readonly Kind[] = ['INT', 'STRING', 'BOOLEAN', 'DECIMAL', 'DOUBLE', 'BIGINT', 'DATE', 'TIMESTAMP'];

/** A filter and a projection. */
export function filters(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const values = choices.several(1, 4, (): Column => {
    const kind = choices.pick(kinds);
    const isCondition = kind === 'BOOLEAN' && choices.chance(70);
    return { sql: isCondition ? condition(choices, source.columns) : value(choices, source.columns, kind, 3), kind };
  });
  const { list, columns } = selection(values);
  const where = choices.chance(75) ? condition(choices, source.columns, 3) : null;
  return { sql: sql`SELECT ${list} FROM ${source.sql}${clause('WHERE', where)}`, columns };
}
