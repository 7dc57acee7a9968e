import { type Column, condition } from '../expressions.ts';
import { type Query, type Scope, selection, someOf } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';
import { aggregate } from './groups.ts';

/** Aggregates up to a row, in the ascending order of any column: of all rows before it, or of all that are not behind it. */
export function overs(scope: Scope): Query {
  const { choices } = scope;
  const source = scope.source();
  const values = someOf(choices, source.columns, 3);
  const by = choices.pick(values);
  // Rows of one place come in no order that both know, but where nothing else is seen of them.
  const isTotal = values.every((each) => each === by);
  const frames = ['', ' RANGE UNBOUNDED PRECEDING', ...(isTotal ? [' ROWS UNBOUNDED PRECEDING'] : [])];
  return over(scope, source.columns, {
    values,
    order: by.sql,
    frame: choices.pick(frames),
    from: source.sql,
    of: isTotal ? [by] : source.columns,
  });
}

/** The same in the order of event time, also of the last rows and of the last seconds. */
export function timedOvers(scope: Scope): Query {
  const { choices } = scope;
  const alias = scope.alias();
  const table = choices.pick(scope.tables);
  const columns = table.columns.map(({ name, kind }): Column => ({ sql: sql`${alias}.${name}`, kind }));
  const frames = [
    ` RANGE BETWEEN INTERVAL '${choices.below(6)}' SECOND PRECEDING AND CURRENT ROW`,
    ' RANGE UNBOUNDED PRECEDING',
    '',
  ];
  // Of equal times the rows come in no order that both know.
  if (table.time?.isOwn === true)
    frames.push(` ROWS BETWEEN ${choices.below(4)} PRECEDING AND CURRENT ROW`, ' ROWS UNBOUNDED PRECEDING');
  return over(scope, columns, {
    values: someOf(choices, columns, 3),
    order: sql`${alias}.ts`,
    frame: choices.pick(frames),
    from: sql`${table.name} AS ${alias}`,
    of: columns,
  });
}

interface Over {
  readonly values: readonly Column[];
  readonly order: Sql;
  readonly frame: string;
  readonly from: Sql;
  /** What aggregates are of. */
  readonly of: readonly Column[];
}

function over({ choices }: Scope, columns: readonly Column[], { values, order, frame, from, of }: Over): Query {
  const partition = choices.chance(60)
    ? sql`PARTITION BY ${joined(someOf(choices, values, 2).map((key) => key.sql))} `
    : sql``;
  const window = sql` OVER (${partition}ORDER BY ${order}${frame})`;
  const aggregates = choices.several(1, 2, (): Column => {
    const { sql: call, kind } = aggregate(choices, of, { hasFilter: false });
    return { sql: call, kind };
  });
  const calls = aggregates.map(({ sql: call, kind }): Column => ({ sql: overOf(call, window), kind }));
  const { list, columns: given } = selection([...values, ...calls]);
  const where = choices.chance(25) ? condition(choices, columns, 1) : null;
  return { sql: sql`SELECT ${list} FROM ${from}${clause('WHERE', where)}`, columns: given };
}

/** OVER stands behind the call itself, where DuckDB's is cast. */
function overOf(call: Sql, window: Sql): Sql {
  const duckdb = call.duckdb.replace(
    /\b(COUNT|SUM|MIN|MAX|AVG)(\((?:[^()]|\([^()]*\))*\))/,
    (text) => `${text}${window.duckdb}`,
  );
  return { flink: `${call.flink}${window.flink}`, duckdb };
}
