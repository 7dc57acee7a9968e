import { condition } from '../expressions.ts';
import { type Query, type Scope, selection } from '../scope.ts';
import { clause, joined, sql } from '../sql.ts';
import { aggregate } from './groups.ts';

/** Groups of sessions, by some columns or over all rows. */
export function sessions(scope: Scope): Query {
  const { choices } = scope;
  const alias = scope.alias();
  const table = choices.pick(scope.tables);
  // A watermark may come to a millisecond before a view's next row. Then a session that would just touch it is over, and
  // rightly so: no two rows of a view are a gap apart.
  const gap = `${1 + choices.below(3)}${table.view === null ? '' : '.1'}`;
  const data = table.columns.filter(({ name }) => name !== 'ts');
  const keys = [...new Set(choices.several(0, 2, () => choices.pick(data)))];
  const names = joined(keys.map(({ name }) => name));
  const partition = keys.length === 0 ? '' : ` PARTITION BY (${names.flink})`;
  const over = `(${keys.length === 0 ? '' : `PARTITION BY ${names.duckdb} `}ORDER BY ts)`;
  const where = choices.chance(30)
    ? condition(
        choices,
        data.map(({ name, kind }) => ({ sql: sql`${name}`, kind })),
        1,
      )
    : null;
  const kept = sql`SELECT * FROM ${table.name}${clause('WHERE', where)}`;
  const columns = data.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind }));
  const values = [
    ...keys.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })),
    ...choices.several(1, 3, () => aggregate(choices, columns)),
  ];
  const { list, columns: given } = selection(values);
  const by = keys.map(({ name }) => `, ${alias}.${name}`).join('');
  const seconds = `INTERVAL '${gap}' SECOND`;
  const fresh = `CASE WHEN ts - LAG(ts) OVER ${over} <= ${seconds} THEN 0 ELSE 1 END`;
  const islands = `SELECT *, SUM(fresh) OVER ${over} AS island FROM (SELECT *, ${fresh} AS fresh FROM (${kept.duckdb}))`;
  return {
    sql: {
      flink: `WITH kept AS (${kept.flink}) SELECT window_start AS ws, window_end AS we, ${list.flink} FROM SESSION(TABLE kept${partition}, DESCRIPTOR(ts), ${seconds}) AS ${alias} GROUP BY window_start, window_end${by}`,
      duckdb: `SELECT MIN(${alias}.ts) AS ws, MAX(${alias}.ts) + ${seconds} AS we, ${list.duckdb} FROM (${islands}) AS ${alias} GROUP BY island${by}`,
    },
    columns: [{ name: 'ws', kind: 'TIMESTAMP' }, { name: 'we', kind: 'TIMESTAMP' }, ...given],
  };
}
