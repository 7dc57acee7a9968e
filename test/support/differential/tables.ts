import { Choices } from './choices.ts';
import type { Sql } from './sql.ts';

/** What kind a value is: by it expressions are made. */
export type Kind = 'INT' | 'BIGINT' | 'STRING' | 'BOOLEAN' | 'DECIMAL' | 'DOUBLE' | 'DATE' | 'TIMESTAMP';

/** The names of the types, the same in both dialects. */
export const typeNames: Readonly<Record<Kind, string>> = {
  INT: 'INT',
  BIGINT: 'BIGINT',
  STRING: 'VARCHAR',
  BOOLEAN: 'BOOLEAN',
  DECIMAL: 'DECIMAL(10, 2)',
  DOUBLE: 'DOUBLE',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMP(3)',
};

type Cell = string | number | boolean | null;
type Row = readonly Cell[];

export interface TableColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly isNullable: boolean;
}

/** A row comes, goes, or is another now. */
interface Change {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly shard: number;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Whether the first column is its key. */
  readonly hasKey: boolean;
  /** Its event time: rows come at most so far behind, and none is late; whether no two have the same. */
  readonly time: { readonly column: string; readonly delay: string; readonly isOwn: boolean } | null;
  /** What it is a view of; else it has rows. */
  readonly view: Sql | null;
  /** Whether rows only come. */
  readonly isAppendOnly: boolean;
  readonly changes: readonly Change[];
  /** The rows that remain. */
  readonly rows: readonly Row[];
}

/** What tables are made of: bytes for the columns, and a few for each change. */
export interface TableBytes {
  readonly schema: readonly number[];
  readonly changes: readonly (readonly number[])[];
}

/** Values that meet each other often. Quarters: their sums are exact in any order. */
const values: Readonly<Record<Kind, readonly Cell[]>> = {
  INT: [1, null, 2, 3, 0, 4, 1, 2, -3],
  BIGINT: [1, null, 2, 0, 3, 10_000_000_000, -7],
  STRING: ['a', null, '', 'b', 'Bé', 'A', 'a text that fits into no sixteen bytes', '😀 ', '%_'],
  BOOLEAN: [true, null, false],
  DECIMAL: ['1.00', null, '0.50', '-2.25', '3.10', '1234567.89'],
  DOUBLE: [1, null, 0.25, -2.5, 3, 1000.75],
  DATE: ['2024-02-29', null, '1969-12-31', '2024-03-01', '2000-01-01'],
  TIMESTAMP: ['2024-02-29 00:00:00.000', null, '1969-12-31 23:59:59.999', '2024-02-29 12:30:15.250'],
};
const kinds = Object.keys(values) as Kind[];
const names = ['x', 'y', 'z', 'w', 'v'];
export const cellsMax = names.length;

export interface TableOptions {
  readonly shards: number;
  /**
   * With a first column of event time, as of `some` and `own`: of changes too, or of rows that only come. `own`: no two
   * rows have one time; `versions`: and rows of one `x` come in the order of their times.
   */
  readonly time: 'none' | 'some' | 'append' | 'own' | 'versions';
}

/** A table of random columns; the first two are INT, so that tables have something to meet by. */
export function tableOf(name: string, bytes: TableBytes, options: TableOptions): Table {
  const choices = new Choices(bytes.schema);
  const isTimed = options.time !== 'none';
  const isAppendOnly = !choices.chance(60) || (isTimed && options.time !== 'some');
  const hasKey = !isTimed && choices.chance(35);
  const count = 3 + choices.below(cellsMax - 2);
  const data = names.slice(0, count).map((column, at): TableColumn => {
    const kind = at < 2 || choices.chance(30) ? 'INT' : choices.pick(kinds);
    return { name: column, kind, isNullable: !choices.chance(25) };
  });
  // A change of an old row comes in time only where the watermark waits for all.
  const isOwn = options.time === 'own' || options.time === 'versions';
  const time = isTimed ? { column: 'ts', delay: isAppendOnly ? "'5' SECOND" : "'1' HOUR", isOwn } : null;
  const changes: Change[] = [];
  const rows: { row: Row; shard: number }[] = [];
  for (const [at, [op = 0, which = 0, step = 0, ...cells]] of bytes.changes.entries()) {
    const row = [
      ...(hasKey ? [at] : []),
      ...(isTimed ? [timeText(at, step, bytes.changes, { isOwn, isOrdered: options.time === 'versions' })] : []),
      ...data.map(({ kind, isNullable }, cell) => cellOf(kind, isNullable, cells[cell] ?? 0)),
    ];
    const target = rows[which % Math.max(rows.length, 1)];
    const act = isAppendOnly ? 0 : op % 4;
    if (target === undefined || act < 2) {
      const by = options.time === 'versions' ? Math.abs(Number(row[1])) : which;
      const shard = by % options.shards;
      rows.push({ row, shard });
      changes.push({ before: null, after: row, shard });
    } else if (act === 2) {
      const after = hasKey ? [target.row[0] ?? null, ...row.slice(1)] : row;
      changes.push({ before: target.row, after, shard: target.shard });
      target.row = after;
    } else {
      rows.splice(rows.indexOf(target), 1);
      changes.push({ before: target.row, after: null, shard: target.shard });
    }
  }
  const columns: TableColumn[] = [
    ...(hasKey ? [{ name: 'id', kind: 'INT' as const, isNullable: false }] : []),
    ...(time === null ? [] : [{ name: time.column, kind: 'TIMESTAMP' as const, isNullable: true }]),
    ...data,
  ];
  return { name, columns, hasKey, time, view: null, isAppendOnly, changes, rows: rows.map(({ row }) => row) };
}

function cellOf(kind: Kind, isNullable: boolean, byte: number): Cell {
  const value = values[kind][byte % values[kind].length] ?? null;
  return value !== null || isNullable ? value : (values[kind][0] ?? null);
}

const startMs = Date.UTC(2024, 1, 28, 23, 59, 50);

/** Times go up by up to three seconds a row, and fall behind by up to four. */
function timeText(
  at: number,
  step: number,
  changes: TableBytes['changes'],
  { isOwn, isOrdered }: { readonly isOwn: boolean; readonly isOrdered: boolean },
): string {
  let ms = 4000 + (isOwn ? at : 0);
  for (const [, , each = 0] of changes.slice(0, at + 1)) ms += (each % 4) * 750;
  if (!isOrdered) ms -= (Math.floor(step / 4) % 5) * 1000;
  return new Date(startMs + ms).toISOString().replace('T', ' ').replace('Z', '');
}

/** The same rows in the opposite order, as if those that are gone had never been. */
export function turned(table: Table): Table {
  const rows = table.rows.toReversed();
  return { ...table, rows, changes: rows.map((after) => ({ before: null, after, shard: 0 })) };
}

/** Where a statement finds the table's files. */
export function createTable({ name, columns, hasKey, time, view, isAppendOnly }: Table, folder: string): string {
  if (view !== null) return `CREATE VIEW ${name} AS ${view.flink}`;
  const parts = columns.map(
    (column) => `${column.name} ${typeNames[column.kind]}${column.isNullable ? '' : ' NOT NULL'}`,
  );
  if (hasKey) parts.push('PRIMARY KEY (id) NOT ENFORCED');
  if (time !== null) parts.push(`WATERMARK FOR ${time.column} AS ${time.column} - INTERVAL ${time.delay}`);
  const format = isAppendOnly ? 'json' : 'debezium-json';
  return `CREATE TABLE ${name} (${parts.join(', ')})\nWITH ('connector' = 'filesystem', 'path' = '${folder}/${name}', 'format' = '${format}')`;
}

/** The lines of a shard, as the table's format has them. */
export function linesOf({ columns, isAppendOnly, changes }: Table, shard: number): readonly string[] {
  const object = (row: Row | null): string =>
    row === null ? 'null' : JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
  return changes
    .filter((change) => change.shard === shard)
    .map(({ before, after }) => {
      if (isAppendOnly) return object(after);
      const op = before === null ? 'c' : after === null ? 'd' : 'u';
      return `{"op": "${op}", "before": ${object(before)}, "after": ${object(after)}}`;
    });
}

/** The rows that remain, as a common table expression for DuckDB: much cheaper than a table that is filled. */
export function duckdbRows({ name, columns, view, rows }: Table): string {
  if (view !== null) return `${name} AS (${view.duckdb})`;
  const casts = columns.map(
    (column) => `CAST(${column.name} AS ${typeNames[column.kind].replace('(3)', '')}) AS ${column.name}`,
  );
  const tuple = (row: Row): string =>
    `(${row.map((cell) => (typeof cell === 'string' ? `'${cell}'` : String(cell))).join(', ')})`;
  const list = rows.length === 0 ? [tuple(columns.map(() => null))] : rows.map(tuple);
  const names = columns.map((column) => column.name).join(', ');
  const none = rows.length === 0 ? ' WHERE FALSE' : '';
  return `${name} AS (SELECT ${casts.join(', ')} FROM (VALUES ${list.join(', ')}) AS r(${names})${none})`;
}
