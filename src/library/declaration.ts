import { parseDurationMs } from '../catalog/option-text.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import type { Columns } from './row-types.ts';

/** What a program's table looks like. */
export interface TableDeclaration<C extends Columns> {
  /** Names and SQL types: `{ card: 'STRING', amount: 'DECIMAL(10, 2)', paid_at: 'TIMESTAMP(3)' }`. */
  readonly columns: C;
  /** The column that carries event time. */
  readonly watermark?: WatermarkDeclaration<C> | undefined;
  /** The columns that tell rows apart; believed, not checked. */
  readonly primaryKey?: readonly (keyof C & string)[] | undefined;
  /**
   * What happens to a row that is none of the table's, or cannot be computed: the query fails, or it is kept in `name$errors`
   * and the query goes on. By default `fail`.
   */
  readonly onError?: 'fail' | 'keep' | undefined;
  /** Rows that come too late are kept in `name$late`, or only counted. By default `keep`. */
  readonly lateRows?: 'keep' | 'drop' | undefined;
  /** Rows that may wait in the table for a job. By default 65,536. */
  readonly bufferRows?: number | undefined;
}

/** Which column is event time, and how late rows may be. */
export interface WatermarkDeclaration<C extends Columns> {
  /** A TIMESTAMP or TIMESTAMP_LTZ of three digits at most. */
  readonly column: keyof C & string;
  /** How far rows may be behind the latest one: `'5 seconds'`, `'1 min'`. By default not at all. */
  readonly delay?: string | undefined;
}

/** The CREATE TABLE of a declaration. Errors in it point into this text. @throws DiagnosticError for a delay that is none */
export function tableSql<C extends Columns>(
  name: string,
  declaration: TableDeclaration<C>,
  options: Readonly<Record<string, string>>,
): SourceText {
  const { columns, watermark, primaryKey } = declaration;
  const lines = Object.entries(columns).map(([column, type]) => `${quoted(column)} ${type}`);
  if (watermark !== undefined) {
    const column = quoted(watermark.column);
    const delayMs = watermark.delay === undefined ? 0 : delayOf(name, watermark.delay);
    const expression = delayMs === 0 ? column : `${column} - ${intervalText(delayMs)}`;
    lines.push(`WATERMARK FOR ${column} AS ${expression}`);
  }
  if (primaryKey !== undefined) lines.push(`PRIMARY KEY (${primaryKey.map(quoted).join(', ')}) NOT ENFORCED`);
  const given = {
    ...options,
    ...(declaration.onError === undefined ? {} : { 'tidemark.on-error': declaration.onError }),
    ...(declaration.lateRows === undefined ? {} : { 'tidemark.late.rows': declaration.lateRows }),
  };
  const written = Object.entries(given).map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`);
  return new SourceText(
    `table "${name}"`,
    `CREATE TEMPORARY TABLE ${quoted(name)} (\n  ${lines.join(',\n  ')}\n) WITH (${written.join(', ')})`,
  );
}

function delayOf(name: string, delay: string): number {
  const ms = parseDurationMs(delay);
  return (
    ms ??
    fail('O003', null, `"${delay}" is no delay for the watermark of "${name}"`, {
      help: "expected a duration such as '5 s', '10 min' or '1 d'",
    })
  );
}

/** `INTERVAL '0 00:00:05.000' DAY TO SECOND` */
function intervalText(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const clock = new Date(ms - days * 86_400_000).toISOString().slice(11, 23);
  return `INTERVAL '${days} ${clock}' DAY(${Math.max(2, String(days).length)}) TO SECOND(3)`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
