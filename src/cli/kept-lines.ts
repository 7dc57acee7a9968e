import type { KeptCount } from '../runtime/row-keeper.ts';
import { count } from './summary-line.ts';

/** `12 late rows, kept in clicks$late: SELECT * FROM clicks$late` */
export function keptLines(kept: readonly KeptCount[]): readonly string[] {
  return kept.map(({ table, kind, rows, problem, isDurable }) => {
    const what = kind === 'late' ? count(rows, 'late row') : count(rows, 'row with an error', 'rows with an error');
    const where = isDurable ? '' : ' until the end of this session';
    const why = problem === null ? '' : ` (${problem})`;
    return `${what}, kept in ${table}${where}${why}: SELECT * FROM ${written(table)}`;
  });
}

function written(table: string): string {
  return /^[A-Za-z_][\w$]*$/.test(table) ? table : `\`${table.replaceAll('`', '``')}\``;
}
