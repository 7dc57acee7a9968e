import { didYouMean } from '../diagnostics/candidates.ts';
import { DiagnosticError, error, fail, unsupported } from '../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../diagnostics/error-collector.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type {
  AlterTableAction,
  Distribution,
  DropColumns,
  DropConstraint,
  PositionedElement,
  QualifiedName,
  RenameColumn,
  RenameTo,
  ResetOptions,
} from '../sql/ast.ts';
import { unreachable } from '../types/unreachable.ts';
import { alterPartitions } from './alter-partitions.ts';
import { columnReferences } from './column-references.ts';
import {
  checkDistribution,
  checkKey,
  declaredColumn,
  optionsOf,
  primaryKeyOf,
  watermarkOf,
  withKeyNotNull,
} from './declare-table.ts';
import type { Table, TableColumn } from './table.ts';

/**
 * The table that an ALTER TABLE leaves. RENAME TO is not among its changes: a table's name belongs to its database.
 * What needs the types of expressions (computed columns, the watermark) is checked by the binder.
 * @throws DiagnosticError with every mistake that was found
 */
export function alterTable(table: Table, action: Exclude<AlterTableAction, RenameTo>): Table {
  const errors = new ErrorCollector();
  const altered = changed(table, action, errors);
  errors.throwIfAny();
  checkKey(altered, errors);
  checkDistribution(altered, errors);
  errors.throwIfAny();
  return withKeyNotNull(altered);
}

function changed(table: Table, action: Exclude<AlterTableAction, RenameTo>, errors: ErrorCollector): Table {
  switch (action.kind) {
    case 'renameColumn':
      return renamed(table, action);
    case 'setOptions':
      return { ...table, options: new Map([...table.options, ...optionsOf(action)]) };
    case 'resetOptions':
      return withoutOptions(table, action, errors);
    case 'addElements':
      return withAdded(table, action.elements, errors);
    case 'modifyElements':
      return withModified(table, action.elements, errors);
    case 'addDistribution':
      if (table.distribution !== null) {
        fail('B038', action.span, `"${table.path.name}" is distributed already`, {
          notes: [{ message: 'declared here', span: table.distribution.span }],
          help: 'write MODIFY DISTRIBUTION',
        });
      }
      return { ...table, distribution: action.distribution };
    case 'modifyDistribution':
      distributionOf(table, action.span);
      return { ...table, distribution: action.distribution };
    case 'dropDistribution':
      distributionOf(table, action.span);
      return { ...table, distribution: null };
    case 'addPartitions':
    case 'dropPartitions':
      return alterPartitions(table, action, errors);
    case 'dropColumns':
      return withoutColumns(table, action, errors);
    case 'dropPrimaryKey':
      if (table.primaryKey === null) fail('B036', action.span, `"${table.path.name}" has no primary key`);
      return { ...table, primaryKey: null };
    case 'dropConstraint':
      return withoutConstraint(table, action);
    case 'dropWatermark':
      if (table.watermark === null) fail('B035', action.span, `"${table.path.name}" has no watermark`);
      return { ...table, watermark: null };
    default:
      return unreachable(action);
  }
}

/** @throws DiagnosticError B038 for a table without one */
function distributionOf({ distribution, path }: Table, span: Span): Distribution {
  const help = 'write ALTER TABLE ... ADD DISTRIBUTION';
  return distribution ?? fail('B038', span, `"${path.name}" is not distributed`, { help });
}

function withoutOptions(table: Table, { keys, span }: ResetOptions, errors: ErrorCollector): Table {
  if (keys.length === 0) fail('O002', span, 'RESET names no option');
  for (const key of keys) {
    if (key.value === 'connector')
      errors.add(error('O004', key.span, "RESET cannot take 'connector' away", { help: 'write SET, to change it' }));
  }
  const dropped = new Set(keys.map(({ value }) => value));
  return { ...table, options: new Map([...table.options].filter(([key]) => !dropped.has(key))) };
}

/** A column of the table. @throws DiagnosticError W001 for a field of a column, B003 for one that is not there */
function existing(table: Table, name: QualifiedName): TableColumn {
  const written = name.parts.map((part) => part.name).join('.');
  return (
    table.columns.find((column) => column.name === topLevelName(name)) ??
    fail('B003', name.span, `unknown column "${written}"`, { help: columnHelp(table.columns, written) })
  );
}

function topLevelName({ parts, span }: QualifiedName): string {
  const [first, ...rest] = parts;
  if (rest.length === 0) return first?.name ?? '';
  const help = 'MODIFY the whole column: its type may be any ROW<...>';
  throw new DiagnosticError([unsupported('W001', span, 'ALTER TABLE of a field within a column', { help })]);
}

function columnHelp(columns: readonly TableColumn[], name: string): string {
  const names = columns.map((column) => column.name);
  return didYouMean(name, names) ?? `columns: ${names.join(', ')}`;
}

// -- ADD and MODIFY ------------------------------------------------------------------------------------------

function withAdded(table: Table, elements: readonly PositionedElement[], errors: ErrorCollector): Table {
  let { columns, watermark, primaryKey } = table;
  const addKey = (key: NonNullable<Table['primaryKey']>): void => {
    if (primaryKey !== null) {
      fail('B036', key.span, `"${table.path.name}" has a primary key already`, {
        notes: [{ message: 'declared here', span: primaryKey.span }],
        help: 'write MODIFY, or DROP PRIMARY KEY before',
      });
    }
    primaryKey = key;
  };
  for (const { element, position } of elements) {
    errors.attempt(() => {
      switch (element.kind) {
        case 'watermark':
          if (watermark !== null) {
            fail('B035', element.span, `"${table.path.name}" has a watermark already`, {
              notes: [{ message: 'declared here', span: watermark.span }],
              help: 'write MODIFY WATERMARK, or DROP WATERMARK before',
            });
          }
          watermark = watermarkOf(element);
          return;
        case 'tableConstraint':
          addKey(primaryKeyOf(element));
          return;
        default: {
          const column = declaredColumn(element);
          const before = columns.find(({ name }) => name === column.name);
          if (before !== undefined) {
            fail('B013', column.span, `"${table.path.name}" has a column "${column.name}" already`, {
              notes: [{ message: 'declared here', span: before.span }],
              help: 'write MODIFY to change it',
            });
          }
          columns = placed(columns, column, position ?? 'LAST');
          if (element.kind === 'physicalColumn' && element.constraint !== null) addKey(primaryKeyOf(element));
        }
      }
    });
  }
  return { ...table, columns, watermark, primaryKey };
}

function withModified(table: Table, elements: readonly PositionedElement[], errors: ErrorCollector): Table {
  let { columns, watermark, primaryKey } = table;
  const setKey = (key: NonNullable<Table['primaryKey']>): void => {
    if (table.primaryKey === null)
      fail('B036', key.span, `"${table.path.name}" has no primary key`, { help: 'write ADD in place of MODIFY' });
    primaryKey = key;
  };
  const seen = new Map<string, Span>();
  for (const { element, position } of elements) {
    errors.attempt(() => {
      switch (element.kind) {
        case 'watermark':
          if (table.watermark === null) {
            const help = 'write ADD WATERMARK';
            fail('B035', element.span, `"${table.path.name}" has no watermark`, { help });
          }
          watermark = watermarkOf(element);
          return;
        case 'tableConstraint':
          setKey(primaryKeyOf(element));
          return;
        default: {
          const { name, span } = element.name;
          const first = seen.get(name);
          if (first !== undefined) {
            const notes = [{ message: 'the first time', span: first }];
            fail('B013', span, `column "${name}" is modified twice`, { notes });
          }
          seen.set(name, span);
          const before = columns.find((column) => column.name === name);
          if (before === undefined)
            return fail('B003', span, `unknown column "${name}"`, { help: columnHelp(columns, name) });
          const declared = declaredColumn(element);
          const column = { ...declared, comment: declared.comment ?? before.comment };
          columns =
            position === null
              ? columns.map((each) => (each === before ? column : each))
              : placed(
                  columns.filter((each) => each !== before),
                  column,
                  position,
                );
          if (element.kind === 'physicalColumn' && element.constraint !== null) setKey(primaryKeyOf(element));
        }
      }
    });
  }
  return { ...table, columns, watermark, primaryKey };
}

/** The columns with a further one: first, last, or behind the column that is named. */
function placed(
  columns: readonly TableColumn[],
  column: TableColumn,
  position: NonNullable<PositionedElement['position']> | 'LAST',
): readonly TableColumn[] {
  if (position === 'FIRST') return [column, ...columns];
  if (position === 'LAST') return [...columns, column];
  const at = columns.findIndex(({ name }) => name === position.name);
  if (at < 0) {
    const help = columnHelp(columns, position.name);
    fail('B003', position.span, `unknown column "${position.name}" behind AFTER`, { help });
  }
  return columns.toSpliced(at + 1, 0, column);
}

// -- DROP and RENAME -----------------------------------------------------------------------------------------

/** Columns that go together may depend on each other. */
function withoutColumns(table: Table, { columns: names }: DropColumns, errors: ErrorCollector): Table {
  const dropped = new Set<string>();
  for (const name of names) {
    errors.attempt(() => {
      const column = existing(table, name);
      if (dropped.has(column.name)) fail('B013', name.span, `column "${column.name}" is named twice`);
      dropped.add(column.name);
    });
  }
  const columns = table.columns.filter(({ name }) => !dropped.has(name));
  const left = { ...table, columns };
  for (const name of names) {
    const key = name.parts[0]?.name ?? '';
    if (table.primaryKey?.columns.includes(key) === true) {
      const notes = [{ message: 'its primary key', span: table.primaryKey.span }];
      const message = `column "${key}" is part of the primary key`;
      errors.add(error('B018', name.span, message, { notes, help: 'DROP PRIMARY KEY before' }));
    }
    errors.attempt(() => refuseUse(left, key, name.span));
  }
  return left;
}

function renamed(table: Table, { from, to }: RenameColumn): Table {
  const column = existing(table, from);
  const taken = table.columns.find(({ name }) => name === to.name);
  if (taken !== undefined) {
    const notes = [{ message: 'declared here', span: taken.span }];
    fail('B013', to.span, `"${table.path.name}" has a column "${to.name}" already`, { notes });
  }
  refuseUse(table, column.name, from.span);
  const { primaryKey } = table;
  return {
    ...table,
    columns: table.columns.map((each) => (each === column ? { ...each, name: to.name } : each)),
    primaryKey: primaryKey && {
      ...primaryKey,
      columns: primaryKey.columns.map((name) => (name === column.name ? to.name : name)),
    },
  };
}

/** @throws DiagnosticError B018 for a column that other parts of the table name */
function refuseUse(table: Table, name: string, span: Span): void {
  const refuse = (use: string, at: Span | null, help: string): never =>
    fail('B018', span, `column "${name}" is ${use}`, {
      notes: at === null ? [] : [{ message: 'here', span: at }],
      help,
    });
  for (const column of table.columns) {
    if (column.kind === 'computed' && columnReferences(column.expression).has(name))
      refuse(`read by the computed column "${column.name}"`, column.span, `DROP or MODIFY "${column.name}" before`);
  }
  const { watermark, partitionedBy, distribution } = table;
  if (watermark !== null && (watermark.column === name || columnReferences(watermark.expression).has(name)))
    refuse('read by the watermark', watermark.span, 'DROP WATERMARK before');
  if (partitionedBy.includes(name)) refuse('a partition key', null, 'make the table anew without it');
  const distributed = distribution?.columns.find((column) => column.name === name);
  if (distributed !== undefined) refuse('a distribution key', distributed.span, 'MODIFY or DROP DISTRIBUTION before');
}

function withoutConstraint(table: Table, { name: { name, span } }: DropConstraint): Table {
  const { primaryKey } = table;
  if (primaryKey === null) fail('B036', span, `"${table.path.name}" has no primary key`);
  const known = primaryKey.name ?? `PK_${primaryKey.columns.join('_')}`;
  if (known !== name) fail('B036', span, `unknown constraint "${name}"`, { help: `the primary key is "${known}"` });
  return { ...table, primaryKey: null };
}
