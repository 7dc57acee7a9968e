import { type SqlType, typeText } from './sql-type.ts';

/** A column of a table, a view or an intermediate result. */
export interface Column {
  /** As SQL calls it; case counts. */
  readonly name: string;
  /** With its nullability. */
  readonly type: SqlType;
  /** Event time (with a watermark) or processing time; lost by any computation on the column. */
  readonly timeAttribute?: 'rowtime' | 'proctime' | undefined;
}

/** Columns in their order. */
export type Schema = readonly Column[];

/** The type as Flink prints it in a result's header: `TIMESTAMP(3) NOT NULL *ROWTIME*`. */
export function columnTypeText(column: Column): string {
  const text = typeText(column.type);
  return column.timeAttribute === undefined ? text : `${text} *${column.timeAttribute.toUpperCase()}*`;
}
