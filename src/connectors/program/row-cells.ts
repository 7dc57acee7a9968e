import type { Table } from '../../catalog/table.ts';
import { DiagnosticError, error } from '../../diagnostics/diagnostic.ts';
import { placeOf, SourceText } from '../../diagnostics/source-text.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { encodeNested } from '../../memory/nested.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import { fromJs, JsValueError } from '../../types/js-value.ts';
import { isNested, typeText } from '../../types/sql-type.ts';
import type { ProgramRow } from './program-table.ts';

/** Of a row, so many characters are shown in an error. */
const shownTextMax = 160;

/** Takes the values of the columns that a query reads out of a program's rows. */
export class RowCells {
  readonly #table: Table;
  readonly #columns: readonly ScanColumn[];
  readonly #cells: readonly ((row: ProgramRow) => CellValue)[];

  constructor(table: Table, columns: readonly ScanColumn[]) {
    this.#table = table;
    this.#columns = columns;
    this.#cells = columns.map(cellOf);
  }

  /** `offset`: how many rows the program gave before. @throws DiagnosticError F012 for a value that is none of its column's */
  of(row: ProgramRow, offset: number): readonly CellValue[] {
    return this.#cells.map((cell, at) => {
      try {
        return cell(row);
      } catch (thrown) {
        const column = this.#columns[at];
        if (!(thrown instanceof JsValueError) || column === undefined) throw thrown;
        throw malformed(this.#table, column, row, offset, thrown.message);
      }
    });
  }
}

/** The value of a column in a row, as the column's cell. */
function cellOf({ name, path, type }: ScanColumn): (row: ProgramRow) => CellValue {
  const value = fromJs(type);
  const property = path[0] ?? name;
  if (!isNested(type)) return (row) => value(row[property]) as CellValue;
  return (row) => {
    const nested = value(row[property]);
    return nested === null ? null : encodeNested(type, nested);
  };
}

/** The error of a value that is none of its column's type, with the row and the place of the declaration. */
function malformed(
  table: Table,
  { name, type }: ScanColumn,
  row: ProgramRow,
  offset: number,
  expected: string,
): DiagnosticError {
  const text = rowText(row);
  const source = new SourceText(table.path.name, text, offset + 1);
  const at = Math.max(0, text.indexOf(JSON.stringify(name)));
  const declared = table.columns.find((column) => column.name === name);
  const notes = [`row ${(offset + 1).toLocaleString('en')} that the program gave`];
  if (declared !== undefined) notes.push(`column ${name} ${typeText(type)}, declared at ${placeOf(declared.span)}`);
  const span = { source, start: at, end: Math.min(text.length, at + name.length + 2) };
  return new DiagnosticError([
    error('F012', span, `could not take "${name}" as ${typeText(type)}: ${expected}`, { notes }),
  ]);
}

/** A row as errors show it. */
export function rowText(row: ProgramRow): string {
  const text = JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return text.length <= shownTextMax ? text : `${text.slice(0, shownTextMax)}...`;
}
