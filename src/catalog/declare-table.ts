import { didYouMean } from '../diagnostics/candidates.ts';
import { type Diagnostic, DiagnosticError, error, fail } from '../diagnostics/diagnostic.ts';
import type { CreateTable, TableConstraint, TableElement } from '../sql/ast.ts';
import { withNullable } from '../types/sql-type.ts';
import type { Session } from './session.ts';
import type { Table, TableColumn, TableOption } from './table.ts';
import { mergeLike, type TableParts } from './table-like.ts';
import { typeOf } from './type-of.ts';

/**
 * The table that a CREATE TABLE declares, its LIKE clause resolved. What needs the types of expressions (computed
 * columns, the watermark) is checked by the binder.
 * @throws DiagnosticError with every mistake that was found
 */
export function declareTable(session: Session, statement: CreateTable): Table {
  const path = session.path(statement.name);
  const errors: Diagnostic[] = [];
  let parts = ownParts(statement, errors);
  if (statement.like !== null) parts = mergeLike(parts, likeTable(session, statement), statement.like);
  const table = {
    path,
    temporary: statement.isTemporary,
    comment: statement.comment?.value ?? null,
    span: statement.name.span,
  };
  checkKey(parts, errors);
  checkPartitions(parts, statement, errors);
  if (errors.length > 0) throw new DiagnosticError(errors);
  return withKeyNotNull({ ...table, ...parts });
}

function likeTable(session: Session, { like }: CreateTable): Table {
  const object = session.get(like!.table);
  if (object.kind === 'table') return object.table;
  fail('B017', like!.table.span, `"${object.view.path.name}" is a view; LIKE takes a table`);
}

function ownParts(statement: CreateTable, errors: Diagnostic[]): TableParts {
  const columns: TableColumn[] = [];
  let watermark: Table['watermark'] = null;
  let primaryKey: Table['primaryKey'] = null;
  const setKey = (key: NonNullable<Table['primaryKey']>) => {
    if (primaryKey === null) primaryKey = key;
    else
      errors.push(
        error('B036', key.span, 'a second primary key', { notes: [{ message: 'the first', span: primaryKey.span }] }),
      );
  };
  for (const element of statement.elements ?? []) {
    attempt(errors, () => {
      switch (element.kind) {
        case 'watermark': {
          const name = element.column.parts.map((part) => part.name).join('.');
          if (watermark !== null) {
            const notes = [{ message: 'the first', span: watermark.span }];
            fail('B035', element.span, 'a second watermark', { notes, help: 'a table has one event time' });
          }
          watermark = { column: name, expression: element.expression, span: element.span };
          break;
        }
        case 'tableConstraint':
          checkConstraint(element);
          setKey({
            name: element.name?.name ?? null,
            columns: element.columns.map((column) => column.name),
            span: element.span,
          });
          break;
        case 'physicalColumn':
          columns.push(column(element));
          if (element.constraint !== null) {
            checkConstraint(element.constraint);
            setKey({
              name: element.constraint.name?.name ?? null,
              columns: [element.name.name],
              span: element.constraint.span,
            });
          }
          break;
        case 'metadataColumn':
        case 'computedColumn':
        case 'columnName':
          columns.push(column(element));
      }
    });
  }
  checkNames(columns, errors);
  return {
    columns,
    watermark,
    primaryKey,
    partitionedBy: statement.partitionedBy.map((name) => name.name),
    distribution: statement.distribution,
    options: optionsOf(statement),
  };
}

/** WITH (...) by key; the last of two equal keys wins. */
export function optionsOf(statement: Pick<CreateTable, 'options'>): ReadonlyMap<string, TableOption> {
  return new Map(
    statement.options.map(({ key, value }) => [
      key.value,
      { value: value.value, keySpan: key.span, valueSpan: value.span },
    ]),
  );
}

function column(element: Exclude<TableElement, { readonly kind: 'watermark' | 'tableConstraint' }>): TableColumn {
  const name = element.name.name;
  switch (element.kind) {
    case 'physicalColumn':
      return {
        kind: 'physical',
        name,
        type: typeOf(element.type),
        comment: element.comment?.value ?? null,
        span: element.span,
      };
    case 'metadataColumn':
      return {
        kind: 'metadata',
        name,
        type: typeOf(element.type),
        key: element.key?.value ?? name,
        virtual: element.isVirtual,
        comment: element.comment?.value ?? null,
        span: element.span,
      };
    case 'computedColumn':
      return {
        kind: 'computed',
        name,
        expression: element.expression,
        comment: element.comment?.value ?? null,
        span: element.span,
      };
    case 'columnName':
      fail('B038', element.span, `column "${name}" has no type`, {
        help: 'only CREATE TABLE ... AS SELECT may name columns alone',
      });
  }
}

function checkConstraint(constraint: Pick<TableConstraint, 'type' | 'isEnforced' | 'span'>): void {
  if (constraint.type === 'UNIQUE') fail('B036', constraint.span, 'a UNIQUE constraint is not supported');
  if (constraint.isEnforced !== false) {
    const help = 'write PRIMARY KEY ... NOT ENFORCED: the data is not ours, so the key is believed and not checked';
    fail('B036', constraint.span, 'a primary key cannot be ENFORCED', { help });
  }
}

function checkNames(columns: readonly TableColumn[], errors: Diagnostic[]): void {
  const seen = new Map<string, TableColumn>();
  for (const column of columns) {
    const before = seen.get(column.name);
    if (before === undefined) seen.set(column.name, column);
    else {
      const notes = [{ message: 'the first', span: before.span }];
      errors.push(error('B013', column.span, `column "${column.name}" is declared twice`, { notes }));
    }
  }
}

function checkKey({ primaryKey, columns }: TableParts, errors: Diagnostic[]): void {
  const seen = new Set<string>();
  for (const name of primaryKey?.columns ?? []) {
    const column = columns.find((each) => each.name === name);
    const span = primaryKey!.span;
    if (seen.has(name)) errors.push(error('B036', span, `the primary key names "${name}" twice`));
    else if (column === undefined) {
      const help = didYouMean(
        name,
        columns.map((each) => each.name),
      );
      errors.push(error('B003', span, `unknown column "${name}" in the primary key`, { help }));
    } else if (column.kind !== 'physical') {
      const notes = [{ message: `a ${column.kind} column`, span: column.span }];
      errors.push(error('B036', span, `the primary key needs physical columns, and "${name}" is none`, { notes }));
    }
    seen.add(name);
  }
}

function checkPartitions({ partitionedBy, columns }: TableParts, statement: CreateTable, errors: Diagnostic[]): void {
  const names = columns.map((column) => column.name);
  for (const name of partitionedBy) {
    if (names.includes(name)) continue;
    const span = statement.partitionedBy.find((each) => each.name === name)?.span ?? statement.span;
    const help = didYouMean(name, names) ?? `columns: ${names.join(', ')}`;
    errors.push(error('B003', span, `unknown column "${name}" in PARTITIONED BY`, { help }));
  }
}

/** The columns of a primary key are NOT NULL. */
function withKeyNotNull(table: Table): Table {
  const key = new Set(table.primaryKey?.columns);
  const columns = table.columns.map((column) =>
    column.kind === 'physical' && key.has(column.name) ? { ...column, type: withNullable(column.type, false) } : column,
  );
  return { ...table, columns };
}

/** Keeps the errors of one part and goes on with the next. */
function attempt(errors: Diagnostic[], work: () => void): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    errors.push(...thrown.diagnostics);
  }
}
