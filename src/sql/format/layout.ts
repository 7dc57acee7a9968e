/**
 * How a query is laid out: on one line, or, as Flink writes a view out, a line for each clause and in the long forms of
 * what may be written shorter. Set by `format.ts`, which sets it back.
 */
export const layout = { isLong: false };

/** What stands before a clause. */
export function clauseBreak(): string {
  return layout.isLong ? '\n' : ' ';
}
