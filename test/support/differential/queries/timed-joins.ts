import { condition } from '../expressions.ts';
import { type Query, type Scope, type Source, selection, someOf } from '../scope.ts';
import { clause, joined, type Sql, sql } from '../sql.ts';
import { windowed, windowShape } from '../windows.ts';
import { joinCondition } from './joins.ts';

const outerKinds = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'];

function timeOf(source: Source): Sql {
  const time = source.columns.find(({ sql: { flink } }) => flink.endsWith('.ts'));
  if (time === undefined) throw new Error('a table without a time');
  return time.sql;
}

/** Rows whose times are near, of two tables in which rows only come. */
export function intervalJoins(scope: Scope): Query {
  const { choices } = scope;
  const [left, right] = [scope.source(), scope.source()];
  const lower = choices.below(9) - 4;
  const upper = lower + choices.below(6);
  const near = (seconds: number): Sql =>
    sql`${timeOf(right)} ${seconds < 0 ? '-' : '+'} INTERVAL '${Math.abs(seconds)}' SECOND`;
  const bounds = sql`${timeOf(left)} BETWEEN ${near(lower)} AND ${near(upper)}`;
  const on = sql`${joinCondition(choices, untimed(left), untimed(right))} AND ${bounds}`;
  const { list, columns } = selection(someOf(choices, [...left.columns, ...right.columns]));
  const where = choices.chance(25) ? condition(choices, [...untimed(left), ...untimed(right)], 1) : null;
  const from = sql`${left.sql} ${choices.pick(outerKinds)} ${right.sql} ON ${on}`;
  return { sql: sql`SELECT ${list} FROM ${from}${clause('WHERE', where)}`, columns };
}

const untimed = ({ columns }: Source): Source['columns'] =>
  columns.filter(({ sql: { flink } }) => !flink.endsWith('.ts'));

/** Rows of one window of two tables; with and without a partner. */
export function windowJoins(scope: Scope): Query {
  const { choices } = scope;
  const shape = windowShape(choices);
  const left = windowed(scope, choices.pick(scope.tables), shape);
  const right = windowed(scope, choices.pick(scope.tables), shape);
  const window = left.window.map((own, at) => sql`${own.sql} = ${right.window[at]?.sql ?? ''}`);
  const own = choices.pick(untimed(left));
  const same = untimed(right).filter(({ kind }) => kind === own.kind);
  const equalities = same.length === 0 ? [] : [sql`${own.sql} = ${choices.pick(same).sql}`];
  if (choices.chance(30)) equalities.push(sql`(${condition(choices, [...untimed(left), ...untimed(right)], 1)})`);
  const on = joined([...window, ...equalities], ' AND ');
  if (choices.chance(25)) {
    const { list, columns } = selection(someOf(choices, left.columns));
    const not = choices.pick(['', 'NOT ']);
    return {
      sql: sql`SELECT ${list} FROM ${left.sql} WHERE ${not}EXISTS (SELECT * FROM ${right.sql} WHERE ${on})`,
      columns,
    };
  }
  const { list, columns } = selection(someOf(choices, [...left.columns, ...right.columns, ...left.window]));
  return { sql: sql`SELECT ${list} FROM ${left.sql} ${choices.pick(outerKinds)} ${right.sql} ON ${on}`, columns };
}

/** Rows beside the version of their key that was in force at their time; versions of one key have different times. */
export function temporalJoins(scope: Scope): Query {
  const { choices } = scope;
  const left = scope.source();
  const table = scope.tables[1];
  if (table === undefined) throw new Error('no second table');
  const alias = scope.alias();

  const own = choices.pick(left.columns.filter(({ kind }) => kind === 'INT'));
  const kind = choices.pick(['JOIN', 'LEFT JOIN']);
  const right = table.columns.map((column) => ({ sql: sql`${alias}.${column.name}`, kind: column.kind }));
  const { list, columns } = selection(someOf(choices, [...left.columns, ...right]));
  const names = table.columns.map(({ name }) => name).join(', ');
  const versions = `(SELECT ${names} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY x ORDER BY ts DESC) AS rn FROM ${table.name}) WHERE rn = 1)`;
  const on = sql`${own.sql} = ${alias}.x`;
  return {
    sql: {
      flink: `WITH versions AS ${versions} SELECT ${list.flink} FROM ${left.sql.flink} ${kind} versions FOR SYSTEM_TIME AS OF ${timeOf(left).flink} AS ${alias} ON ${on.flink}`,
      duckdb: `SELECT ${list.duckdb} FROM ${left.sql.duckdb} ASOF ${kind} ${table.name} AS ${alias} ON ${on.duckdb} AND ${timeOf(left).duckdb} >= ${alias}.ts`,
    },
    columns,
  };
}
