import type { Choices } from '../choices.ts';
import { type Column, condition } from '../expressions.ts';
import { type Query, type Scope, type Source, selection, someOf } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';

const joinKinds = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN'];

/** Two to four sources, joined in any way: by keys that may be NULL, by any condition, by both, or by none. */
export function joins(scope: Scope): Query {
  const { choices } = scope;
  let from = scope.source();
  for (let more = 1 + choices.pick([0, 0, 0, 1, 1, 2]); more > 0; more--) from = joinedTo(scope, from);
  const { list, columns } = selection(someOf(choices, from.columns));
  const where = choices.chance(35) ? condition(choices, from.columns) : null;
  return { sql: sql`SELECT ${list} FROM ${from.sql}${clause('WHERE', where)}`, columns };
}

function joinedTo(scope: Scope, left: Source): Source {
  const { choices } = scope;
  const right = scope.source();
  const kind = choices.pick(joinKinds);
  const columns = [...left.columns, ...right.columns];
  if (kind === 'CROSS JOIN') return { sql: sql`${left.sql} CROSS JOIN ${right.sql}`, columns };
  const on = joinCondition(choices, left.columns, right.columns);
  return { sql: sql`${left.sql} ${kind} ${right.sql} ON ${on}`, columns };
}

/** Mostly equalities of columns of one kind. */
export function joinCondition(choices: Choices, left: readonly Column[], right: readonly Column[]): Sql {
  const equalities = choices
    .several(choices.chance(20) ? 0 : 1, 2, () => {
      const own = choices.pick(left);
      const same = right.filter(({ kind }) => kind === own.kind);
      if (same.length === 0) return null;
      return sql`${own.sql} ${choices.chance(10) ? 'IS NOT DISTINCT FROM' : '='} ${choices.pick(same).sql}`;
    })
    .filter((equality) => equality !== null);
  if (equalities.length > 0 && !choices.chance(35)) return joined(equalities, ' AND ');
  return joined([...equalities, sql`(${condition(choices, [...left, ...right], 1)})`], ' AND ');
}
