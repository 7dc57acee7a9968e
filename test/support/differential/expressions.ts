import type { Choices } from './choices.ts';
import { joined, type Sql, sql } from './sql.ts';
import { type Kind, typeNames } from './tables.ts';

/** A column that an expression can name. */
export interface Column {
  readonly sql: Sql;
  readonly kind: Kind;
}

/**
 * Random values out of columns. Left out is what the dialects mean otherwise: integers wrap in Flink and fail in DuckDB
 * (hence small factors), GREATEST, LEAST and CONCAT pass over NULL in DuckDB, doubles have a text of their own in each,
 * and 0.0 is not -0.0 to Flink (hence no factors of doubles).
 */
export function value(choices: Choices, columns: readonly Column[], kind: Kind, depth = 2): Sql {
  const own = columns.filter((column) => column.kind === kind);
  const forms = depth === 0 ? 2 : 8;
  const form = choices.below(forms);
  if (own.length > 0 && form <= 3) return choices.pick(own).sql;
  if (form === 1 || depth === 0) return literal(choices, kind);
  const of = (inner: Kind): Sql => value(choices, columns, inner, depth - 1);
  if (form === 4) return sql`CASE WHEN ${condition(choices, columns, depth - 1)} THEN ${of(kind)} ELSE ${of(kind)} END`;
  if (form === 5) return sql`COALESCE(${of(kind)}, ${of(kind)})`;
  if (form === 6) return sql`CASE ${of('INT')} WHEN 1 THEN ${of(kind)} WHEN ${of('INT')} THEN ${of(kind)} END`;
  if (kind === 'BOOLEAN') return sql`(${condition(choices, columns, depth - 1)})`;
  return choices.pick(calls[kind])(of, choices);
}

const literals: Readonly<Record<Kind, readonly string[]>> = {
  INT: ['1', '2', '0', '3', '-1'],
  BIGINT: ['CAST(1 AS BIGINT)', '10000000000', 'CAST(0 AS BIGINT)'],
  STRING: ["'a'", "''", "'b'", "'Bé'"],
  BOOLEAN: ['TRUE', 'FALSE'],
  DECIMAL: ['1.00', '0.50', '-2.25'],
  DOUBLE: ['CAST(1 AS DOUBLE)', 'CAST(0.25 AS DOUBLE)'],
  DATE: ["DATE '2024-02-29'", "DATE '2000-01-01'"],
  TIMESTAMP: ["TIMESTAMP '2024-02-29 00:00:00.000'", "TIMESTAMP '2024-02-29 12:30:15.250'"],
};

function literal(choices: Choices, kind: Kind): Sql {
  return choices.chance(12) ? sql`CAST(NULL AS ${typeNames[kind]})` : sql`${choices.pick(literals[kind])}`;
}

type Make = (of: (kind: Kind) => Sql, choices: Choices) => Sql;

const sign = ['+', '-'];
const calls: Readonly<Record<Exclude<Kind, 'BOOLEAN'>, readonly Make[]>> = {
  INT: [
    (of, choices) => sql`(${of('INT')} ${choices.pick(sign)} ${of('INT')})`,
    (of) => sql`(${of('INT')} * 2)`,
    (of) => sql`MOD(${of('INT')}, 3)`,
    (of) => {
      const inner = of('INT');
      return { flink: `(${inner.flink} / 2)`, duckdb: `(${inner.duckdb} // 2)` };
    },
    (of) => sql`ABS(${of('INT')})`,
    (of) => sql`NULLIF(${of('INT')}, ${of('INT')})`,
    (of) => sql`CHAR_LENGTH(${of('STRING')})`,
    (of) => sql`CAST(${of('BOOLEAN')} AS INT)`,
    (of) => sql`CAST(EXTRACT(DAY FROM ${of('DATE')}) AS INT)`,
  ],
  BIGINT: [
    (of, choices) => sql`(${of('BIGINT')} ${choices.pick(sign)} ${of('BIGINT')})`,
    (of) => sql`CAST(${of('INT')} AS BIGINT)`,
    (of) => sql`(${of('BIGINT')} + ${of('INT')})`,
  ],
  STRING: [
    (of) => sql`(${of('STRING')} || ${of('STRING')})`,
    (of) => sql`UPPER(${of('STRING')})`,
    (of) => sql`LOWER(${of('STRING')})`,
    (of, choices) => sql`SUBSTRING(${of('STRING')} FROM ${1 + choices.below(3)} FOR ${choices.below(4)})`,
    (of) => sql`TRIM(${of('STRING')})`,
    (of) => sql`REPLACE(${of('STRING')}, 'a', ${of('STRING')})`,
    (of) => sql`CAST(${of('INT')} AS VARCHAR)`,
    (of) => sql`CAST(${of('DATE')} AS VARCHAR)`,
    (of) => sql`UPPER(CAST(${of('BOOLEAN')} AS VARCHAR))`,
  ],
  DECIMAL: [
    (of, choices) => sql`(${of('DECIMAL')} ${choices.pick(sign)} ${of('DECIMAL')})`,
    (of) => sql`ABS(${of('DECIMAL')})`,
    (of) => sql`CAST(${of('INT')} AS DECIMAL(10, 2))`,
  ],
  DOUBLE: [
    (of, choices) => sql`(${of('DOUBLE')} ${choices.pick(sign)} ${of('DOUBLE')})`,
    (of) => sql`CAST(${of('INT')} AS DOUBLE)`,
  ],
  DATE: [(of) => sql`CAST(${of('TIMESTAMP')} AS DATE)`, (of) => sql`CAST(${of('DATE')} + INTERVAL '1' DAY AS DATE)`],
  TIMESTAMP: [
    (of, choices) => sql`(${of('TIMESTAMP')} ${choices.pick(sign)} INTERVAL '${choices.below(60)}' SECOND)`,
    (of) => sql`CAST(${of('DATE')} AS TIMESTAMP(3))`,
    (of) => {
      const inner = of('TIMESTAMP');
      return { flink: `FLOOR(${inner.flink} TO MINUTE)`, duckdb: `date_trunc('minute', ${inner.duckdb})` };
    },
  ],
};

const comparable: readonly Kind[] = ['INT', 'STRING', 'BIGINT', 'DECIMAL', 'DOUBLE', 'DATE', 'TIMESTAMP'];
const comparisons = ['=', '<', '>=', '<>', '>', '<='];

/** A condition, of as many values as TRUE, FALSE and UNKNOWN are. */
export function condition(choices: Choices, columns: readonly Column[], depth = 2): Sql {
  const of = (kind: Kind): Sql => value(choices, columns, kind, Math.max(depth - 1, 0));
  const has = (kind: Kind): boolean => columns.some((column) => column.kind === kind);
  const kind = (): Kind => {
    const picked = choices.pick(comparable);
    return has(picked) ? picked : 'INT';
  };
  const inner = (): Sql => condition(choices, columns, depth - 1);
  switch (choices.below(depth <= 0 ? 3 : 14)) {
    case 0:
    case 1:
    case 3: {
      const same = kind();
      return sql`${of(same)} ${choices.pick(comparisons)} ${of(same)}`;
    }
    case 2:
      return sql`${of(kind())} IS ${choices.pick(['', 'NOT '])}NULL`;
    case 4:
    case 5:
      return sql`(${inner()} AND ${inner()})`;
    case 6:
    case 7:
      return sql`(${inner()} OR ${inner()})`;
    case 8:
      return sql`(NOT ${inner()})`;
    case 9: {
      const same = kind();
      return sql`${of(same)} IS ${choices.pick(['', 'NOT '])}DISTINCT FROM ${of(same)}`;
    }
    case 10: {
      const same = kind();
      return sql`${of(same)} ${choices.pick(['', 'NOT '])}BETWEEN ${of(same)} AND ${of(same)}`;
    }
    case 11: {
      const same = kind();
      return sql`${of(same)} ${choices.pick(['', 'NOT '])}IN (${joined(choices.several(1, 4, () => literal(choices, same)))})`;
    }
    case 12:
      return has('BOOLEAN') ? of('BOOLEAN') : sql`(${inner()}) IS ${choices.pick(['', 'NOT '])}TRUE`;
    default:
      return sql`${of('STRING')} LIKE ${choices.pick(["'a%'", "'%é'", "'_'", "'%t%'"])}`;
  }
}
