import type { Schema } from '../types/column.ts';
import { type SqlType, STRING } from '../types/sql-type.ts';

/** The answer of a statement that needs no job: rows of texts as they are printed. */
export interface TextAnswer {
  readonly columns: Schema;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** STRING columns of these names, or of the stated types. */
export function answerTexts(
  columns: readonly (string | readonly [name: string, type: SqlType])[],
  rows: readonly (readonly (string | null)[])[],
): TextAnswer {
  const schema = columns.map((column) =>
    typeof column === 'string' ? { name: column, type: STRING() } : { name: column[0], type: column[1] },
  );
  return { columns: schema, rows };
}
