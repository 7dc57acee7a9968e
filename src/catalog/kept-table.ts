import { BIGINT, BYTES, INT, type SqlType, STRING, TIMESTAMP, TIMESTAMP_LTZ, withNullable } from '../types/sql-type.ts';
import type { KeptKind, Table, TableColumn } from './table.ts';

/** `clicks` and `late` of `clicks$late`; null for another name. */
export function keptName(name: string): { readonly base: string; readonly kind: KeptKind } | null {
  const parts = /^(.+)\$(late|errors)$/.exec(name);
  return parts === null ? null : { base: parts[1] ?? '', kind: parts[2] as KeptKind };
}

/** The columns behind those of the row, by what they say. */
export const lateColumns: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  // The watermark before the row; TIMESTAMP_LTZ(3) where the event time is one.
  ['late_watermark', TIMESTAMP(3)],
  ['late_by_ms', BIGINT()],
  ['late_operator', STRING()],
  ['late_job', STRING()],
  ['late_shard', STRING()],
  ['late_offset', STRING()],
  // When it was kept.
  ['late_at', TIMESTAMP_LTZ(3)],
  // The row as the operator saw it, where that is no longer the table's: as JSON.
  ['late_row', STRING()],
]);

export const errorColumns: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['error_code', STRING()],
  ['error_message', STRING()],
  // In the SQL: the expression, or the declaration of the column that could not be read.
  ['error_place', STRING()],
  ['error_column', STRING()],
  ['error_raw', BYTES()],
  ['error_operator', STRING()],
  ['error_job', STRING()],
  ['error_shard', STRING()],
  ['error_offset', STRING()],
  ['error_line', INT()],
  ['error_at', TIMESTAMP_LTZ(3)],
  ['error_row', STRING()],
]);

/**
 * `t$late` and `t$errors` as tables. Late rows have the table's columns, all of which may be NULL, and behind them what is
 * known of each; a name that the table has itself gets an underscore more.
 */
export function keptTable(base: Table, kind: KeptKind): Table {
  const own = kind === 'late' ? base.columns.map(asNullable) : [];
  const names = new Set(own.map(({ name }) => name));
  const added = [...(kind === 'late' ? lateColumns : errorColumns)].map(
    ([name, type]): TableColumn => ({
      kind: 'physical',
      name: freeName(name, names),
      type,
      comment: null,
      span: base.span,
    }),
  );
  return {
    ...base,
    path: { ...base.path, name: `${base.path.name}$${kind}` },
    columns: [...own, ...added],
    watermark: null,
    primaryKey: null,
    partitionedBy: [],
    partitions: [],
    distribution: null,
    kept: { kind, base },
  };
}

function asNullable(column: TableColumn): TableColumn {
  return column.kind === 'computed' ? column : { ...column, type: withNullable(column.type, true) };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}_`, taken) : name;
}
