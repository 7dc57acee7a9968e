import { didYouMean } from '../diagnostics/candidates.ts';
import { error, fail } from '../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../diagnostics/error-collector.ts';
import type { CreateTable, PhysicalColumn, TableConstraint, TableElement, Watermark } from '../sql/ast.ts';
import type { Schema } from '../types/column.ts';
import { withNullable } from '../types/sql-type.ts';
import type { TableNames } from './catalog.ts';
import type { Table, TableColumn, TableOption } from './table.ts';
import { checkNotNull, columnNames, columnsOfQuery } from './table-as.ts';
import { mergeLike, type TableParts } from './table-like.ts';
import { typeOf } from './type-of.ts';

/**
 * The table that a CREATE TABLE declares, its LIKE clause resolved, or the columns of its query taken in. What needs the
 * types of expressions (computed columns, the watermark) is checked by the binder.
 * @throws DiagnosticError with every mistake that was found
 */
export function declareTable(session: TableNames, statement: CreateTable, source: Schema | null = null): Table {
  const path = session.path(statement.name);
  const errors = new ErrorCollector();
  const names = source === null ? null : columnNames(statement);
  const elements = statement.elements?.filter(({ kind }) => names === null || kind !== 'columnName') ?? null;
  let parts = ownParts({ ...statement, elements }, errors);
  if (statement.like !== null) parts = mergeLike(parts, likeTable(session, statement), statement.like);
  if (source !== null) {
    errors.throwIfAny();
    parts = { ...parts, columns: columnsOfQuery(parts.columns, names, source, statement) };
    checkNotNull(parts, source, statement, errors);
  }
  const table = {
    path,
    temporary: statement.isTemporary,
    comment: statement.comment?.value ?? null,
    partitions: [],
    span: statement.name.span,
  };
  checkKey(parts, errors);
  checkPartitions(parts, statement, errors);
  checkDistribution(parts, errors);
  errors.throwIfAny();
  return withKeyNotNull({ ...table, ...parts });
}

function likeTable(session: TableNames, { like }: CreateTable): Table {
  const object = session.get(like!.table);
  if (object.kind === 'table') return object.table;
  fail('B017', like!.table.span, `"${object.view.path.name}" is a view; LIKE takes a table`);
}

function ownParts(statement: CreateTable, errors: ErrorCollector): TableParts {
  const columns: TableColumn[] = [];
  let watermark: Table['watermark'] = null;
  let primaryKey: Table['primaryKey'] = null;
  const setKey = (key: NonNullable<Table['primaryKey']>) => {
    if (primaryKey === null) primaryKey = key;
    else
      errors.add(
        error('B036', key.span, 'a second primary key', { notes: [{ message: 'the first', span: primaryKey.span }] }),
      );
  };
  for (const element of statement.elements ?? []) {
    errors.attempt(() => {
      switch (element.kind) {
        case 'watermark': {
          if (watermark !== null) {
            const notes = [{ message: 'the first', span: watermark.span }];
            fail('B035', element.span, 'a second watermark', { notes, help: 'a table has one event time' });
          }
          watermark = watermarkOf(element);
          break;
        }
        case 'tableConstraint':
          setKey(primaryKeyOf(element));
          break;
        case 'physicalColumn':
          columns.push(declaredColumn(element));
          if (element.constraint !== null) setKey(primaryKeyOf(element));
          break;
        case 'metadataColumn':
        case 'computedColumn':
        case 'columnName':
          columns.push(declaredColumn(element));
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
export function optionsOf({ options }: Pick<CreateTable, 'options'>): ReadonlyMap<string, TableOption> {
  return new Map(
    options.map(({ key, value }) => [key.value, { value: value.value, keySpan: key.span, valueSpan: value.span }]),
  );
}

export function watermarkOf({ column, expression, span }: Watermark): NonNullable<Table['watermark']> {
  return { column: column.parts.map((part) => part.name).join('.'), expression, span };
}

/** @throws DiagnosticError B036 for a constraint that is no PRIMARY KEY ... NOT ENFORCED */
export function primaryKeyOf(element: TableConstraint | PhysicalColumn): NonNullable<Table['primaryKey']> {
  const constraint = element.kind === 'tableConstraint' ? element : element.constraint!;
  checkConstraint(constraint);
  const columns = element.kind === 'tableConstraint' ? element.columns : [element.name];
  return { name: constraint.name?.name ?? null, columns: columns.map(({ name }) => name), span: constraint.span };
}

/** @throws DiagnosticError for a type that is none */
export function declaredColumn(
  element: Exclude<TableElement, { readonly kind: 'watermark' | 'tableConstraint' }>,
): TableColumn {
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

function checkNames(columns: readonly TableColumn[], errors: ErrorCollector): void {
  const seen = new Map<string, TableColumn>();
  for (const column of columns) {
    const before = seen.get(column.name);
    if (before === undefined) seen.set(column.name, column);
    else {
      const notes = [{ message: 'the first', span: before.span }];
      errors.add(error('B013', column.span, `column "${column.name}" is declared twice`, { notes }));
    }
  }
}

export function checkKey({ primaryKey, columns }: TableParts, errors: ErrorCollector): void {
  const seen = new Set<string>();
  for (const name of primaryKey?.columns ?? []) {
    const column = columns.find((each) => each.name === name);
    const span = primaryKey!.span;
    if (seen.has(name)) errors.add(error('B036', span, `the primary key names "${name}" twice`));
    else if (column === undefined) {
      const help = didYouMean(
        name,
        columns.map((each) => each.name),
      );
      errors.add(error('B003', span, `unknown column "${name}" in the primary key`, { help }));
    } else if (column.kind !== 'physical') {
      const notes = [{ message: `a ${column.kind} column`, span: column.span }];
      errors.add(error('B036', span, `the primary key needs physical columns, and "${name}" is none`, { notes }));
    }
    seen.add(name);
  }
}

function checkPartitions({ partitionedBy, columns }: TableParts, statement: CreateTable, errors: ErrorCollector): void {
  const names = columns.map((column) => column.name);
  for (const name of partitionedBy) {
    if (names.includes(name)) continue;
    const span = statement.partitionedBy.find((each) => each.name === name)?.span ?? statement.span;
    const help = didYouMean(name, names) ?? `columns: ${names.join(', ')}`;
    errors.add(error('B003', span, `unknown column "${name}" in PARTITIONED BY`, { help }));
  }
}

export function checkDistribution(
  { distribution, columns }: Pick<TableParts, 'distribution' | 'columns'>,
  errors: ErrorCollector,
): void {
  const names = columns.filter(({ kind }) => kind === 'physical').map(({ name }) => name);
  for (const { name, span } of distribution?.columns ?? []) {
    if (names.includes(name)) continue;
    const help = didYouMean(name, names) ?? `physical columns: ${names.join(', ')}`;
    errors.add(error('B003', span, `"${name}" is no physical column to distribute by`, { help }));
  }
  if (distribution?.bucketCount === 0) errors.add(error('B038', distribution.span, 'a table has at least one bucket'));
}

/** The columns of a primary key are NOT NULL. */
export function withKeyNotNull(table: Table): Table {
  const key = new Set(table.primaryKey?.columns);
  const columns = table.columns.map((column) =>
    column.kind === 'physical' && key.has(column.name) ? { ...column, type: withNullable(column.type, false) } : column,
  );
  return { ...table, columns };
}
