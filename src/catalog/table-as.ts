import { error, fail } from '../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../diagnostics/error-collector.ts';
import type { ColumnName, CreateTable } from '../sql/ast.ts';
import type { Column, Schema } from '../types/column.ts';
import type { TableColumn } from './table.ts';
import type { TableParts } from './table-like.ts';

/** The names of CREATE TABLE t (b, a) AS SELECT, where a list holds nothing else; null without. */
export function columnNames({ elements }: CreateTable): readonly ColumnName[] | null {
  const names = (elements ?? []).filter((element) => element.kind === 'columnName');
  return names.length === 0 ? null : names;
}

/**
 * The columns of a table that is made from a query: those that are declared beside the query's come first, then the
 * query's, with the types and comments that are declared for them; or the query's alone, in the order of a list of names.
 * @throws DiagnosticError B003, B013, B019
 */
export function columnsOfQuery(
  declared: readonly TableColumn[],
  names: readonly ColumnName[] | null,
  source: Schema,
  { query, name: { span } }: CreateTable,
): readonly TableColumn[] {
  const at = query?.span ?? span;
  if (names !== null) return inOrder(names, source, at);
  const byName = new Map(declared.map((column) => [column.name, column]));
  for (const { name } of source) {
    const column = byName.get(name);
    if (column?.kind !== 'computed') continue;
    fail('B013', column.span, `the computed column "${name}" is a column of the query too`, {
      notes: [{ message: 'the query', span: at }],
      help: 'give one of them another name',
    });
  }
  const queried = new Set(source.map(({ name }) => name));
  return [
    ...declared.filter(({ name }) => !queried.has(name)),
    ...source.map((column) => byName.get(column.name) ?? physical(column, at)),
  ];
}

/** As in Flink, what is NOT NULL in the table is so in the query: of an INSERT each row is checked, of a new table none. */
export function checkNotNull(
  { columns, primaryKey }: Pick<TableParts, 'columns' | 'primaryKey'>,
  source: Schema,
  { query, name: { span } }: CreateTable,
  errors: ErrorCollector,
): void {
  const notes = [{ message: 'the query', span: query?.span ?? span }];
  for (const { name, type } of source) {
    if (!type.nullable) continue;
    const help = `COALESCE("${name}", ...) in the query is not`;
    const column = columns.find((each) => each.name === name);
    if (column?.kind === 'physical' && !column.type.nullable)
      errors.add(
        error('B030', column.span, `column "${name}" is NOT NULL, and may be NULL in the query`, { notes, help }),
      );
    else if (primaryKey?.columns.includes(name) === true)
      errors.add(
        error('B036', primaryKey.span, `the key's column "${name}" may be NULL in the query`, { notes, help }),
      );
  }
}

function inOrder(names: readonly ColumnName[], source: Schema, at: ColumnName['span']): readonly TableColumn[] {
  if (names.length !== source.length) {
    fail('B019', names[0]?.span ?? at, `the table has ${names.length} names, and the query ${source.length} columns`, {
      notes: [{ message: 'the query', span: at }],
      help: 'name every column of the query once',
    });
  }
  const errors = new ErrorCollector();
  const columns = names.flatMap(({ name: { name }, span }) => {
    const column = source.find((each) => each.name === name);
    if (column !== undefined) return [physical(column, at)];
    const help = `the query has: ${source.map((each) => each.name).join(', ')}`;
    errors.add(error('B003', span, `"${name}" is no column of the query`, { help }));
    return [];
  });
  errors.throwIfAny();
  return columns;
}

function physical({ name, type }: Column, span: ColumnName['span']): TableColumn {
  return { kind: 'physical', name, type, comment: null, span };
}
