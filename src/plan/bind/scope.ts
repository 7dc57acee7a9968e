import type { ObjectPath } from '../../catalog/table.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Identifier, QualifiedName } from '../../sql/ast.ts';
import { type Column, columnTypeText, type Schema } from '../../types/column.ts';
import { typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { mapColumns } from '../same-expression.ts';
import { call } from './calls.ts';
import { outerAt } from './correlation.ts';

/** A table of a FROM clause: the columns `[start, start + count)` of the row, under a name. */
export interface Relation {
  readonly alias: string | null;
  /** Of a table or view that was written without an alias: it may be called by its full path too. */
  readonly path: ObjectPath | null;
  readonly start: number;
  readonly count: number;
}

/** What the names of an expression can mean: the row's columns, by the tables that they come from. */
export interface Scope {
  readonly schema: Schema;
  readonly relations: readonly Relation[];
  /** The columns that a bare name or a star means, where they are not just the relations': JOIN ... USING shows a key once. */
  readonly shown?: readonly ShownColumn[];
  /** Of the query around a subquery: asked for names that are unknown here. */
  readonly outer?: Scope;
  /** Where a column of `outer` stands, if it is among the rows at hand. */
  readonly outerPlace?: (index: number) => number;
}

/** A column as it is called without a table: the first value of several that is not NULL. */
export interface ShownColumn {
  readonly name: string;
  readonly columns: readonly number[];
}

export const emptyScope: Scope = { schema: [], relations: [] };

/**
 * A column or a field of one: `a`, `t.a`, `db.t.a`, `a.field`, `t.a.field.field`.
 * @throws DiagnosticError B003 for none, B004 for several
 */
export function resolveColumn(scope: Scope, name: QualifiedName): Expression {
  const { parts } = name;
  const found = locate(scope, parts);
  if (found === null) return outerColumn(scope, name) ?? unknownColumn(scope, name);
  const span = { ...name.span, end: parts[found.used - 1]!.span.end };
  let value = shownExpression(scope, found, span);
  for (const part of parts.slice(found.used)) value = fieldOf(value, part);
  return value;
}

/** What a name is in the query around, if it knows it. */
function outerColumn(
  { outer, outerPlace = (index) => index + outerAt }: Scope,
  name: QualifiedName,
): Expression | null {
  if (outer === undefined || !isKnown(outer, name)) return null;
  return mapColumns(resolveColumn(outer, name), (index, column) => ({ ...column, index: outerPlace(index) }));
}

function isKnown(scope: Scope, name: QualifiedName): boolean {
  return locate(scope, name.parts) !== null || (scope.outer !== undefined && isKnown(scope.outer, name));
}

/** A column, or the first of several that is not NULL. */
export function shownExpression({ schema }: Scope, { columns }: Pick<ShownColumn, 'columns'>, span: Span): Expression {
  const values = columns.map((index): Expression => ({ kind: 'column', index, type: schema[index]!.type, span }));
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : call('COALESCE', values, span);
}

/** What a bare name or a star may mean, in their order. */
export function shownColumns({ schema, relations, shown }: Scope): readonly ShownColumn[] {
  return (
    shown ??
    relations.flatMap(({ start, count }) =>
      schema.slice(start, start + count).map(({ name }, at) => ({ name, columns: [start + at] })),
    )
  );
}

/** The column's position and how many parts of the name it took. */
function locate(scope: Scope, parts: readonly Identifier[]): (ShownColumn & { readonly used: number }) | null {
  for (let qualifiers = Math.min(parts.length - 1, 3); qualifiers >= 1; qualifiers--) {
    const relations = relationsNamed(scope, parts.slice(0, qualifiers));
    const indexes = relations.flatMap((relation) => columnsNamed(scope, relation, parts[qualifiers]!.name));
    if (indexes.length > 1) ambiguous(parts[qualifiers]!);
    if (indexes.length === 1) return { name: parts[qualifiers]!.name, columns: indexes, used: qualifiers + 1 };
  }
  const found = shownColumns(scope).filter(({ name }) => name === parts[0]!.name);
  if (found.length > 1) ambiguous(parts[0]!);
  return found.length === 1 ? { ...found[0]!, used: 1 } : null;
}

function columnsNamed(scope: Scope, relation: Relation, name: string): number[] {
  const indexes: number[] = [];
  for (let index = relation.start; index < relation.start + relation.count; index++) {
    if (scope.schema[index]!.name === name) indexes.push(index);
  }
  return indexes;
}

/** The tables that a qualifier of one to three parts names. */
export function relationsNamed(scope: Scope, parts: readonly Identifier[]): readonly Relation[] {
  const [last, database, catalog] = parts.map((part) => part.name).toReversed();
  return scope.relations.filter((relation) => {
    if (database === undefined) return relation.alias === last;
    const { path } = relation;
    return path?.name === last && path?.database === database && (catalog === undefined || path?.catalog === catalog);
  });
}

/** @throws DiagnosticError B004 always */
export function ambiguous(name: { readonly name: string; readonly span: Span }): never {
  const help = 'put the name of its table before it, or rename one of them by AS';
  fail('B004', name.span, `column "${name.name}" is ambiguous: there are several of that name`, { help });
}

/** A field of a ROW, nullable where the row is. @throws DiagnosticError B003 */
export function fieldOf(
  value: Expression,
  field: Identifier,
  { anyCase = false }: { readonly anyCase?: boolean } = {},
): Expression {
  const { type } = value;
  if (type.kind !== 'ROW') {
    const text = typeText(withNullable(type, true));
    fail('B003', field.span, `"${field.name}" is asked of ${text}, which is no ROW and has no fields`);
  }
  const exact = type.fields.findIndex((each) => each.name === field.name);
  const index =
    exact < 0 && anyCase
      ? type.fields.findIndex((each) => each.name.toLowerCase() === field.name.toLowerCase())
      : exact;
  if (index < 0) {
    const names = type.fields.map((each) => each.name);
    const help = didYouMean(field.name, names) ?? `the row has: ${names.join(', ')}`;
    fail('B003', field.span, `unknown field "${field.name}"`, { help });
  }
  const fieldType = type.fields[index]!.type;
  return {
    kind: 'field',
    input: value,
    index,
    type: withNullable(fieldType, type.nullable || fieldType.nullable),
    span: { ...value.span, end: field.span.end },
  };
}

function unknownColumn(scope: Scope, name: QualifiedName): never {
  const written = name.parts.map((part) => part.name).join('.');
  const last = name.parts.at(-1)!.name;
  const first = name.parts[0]!;
  const isTableKnown = name.parts.length === 1 || relationsNamed(scope, name.parts.slice(0, -1)).length > 0;
  if (!isTableKnown && columnNamed(scope, first.name) === undefined) {
    const tables = scope.relations.flatMap((relation) => relation.alias ?? []);
    const help = didYouMean(first.name, tables) ?? (tables.length > 0 ? `FROM has: ${tables.join(', ')}` : undefined);
    fail('B003', name.span, `unknown column "${written}": there is no table "${first.name}" here`, { help });
  }
  const names = scope.schema.map((column) => column.name);
  const near = didYouMean(last, names);
  fail('B003', name.span, `unknown column "${written}"`, { label: near, help: near, notes: columnNotes(scope) });
}

function columnNamed(scope: Scope, name: string): Column | undefined {
  return scope.schema.find((column) => column.name === name);
}

/** `clicks has: ip STRING, event_time TIMESTAMP(3) *ROWTIME*` */
function columnNotes(scope: Scope): string[] {
  return scope.relations.map((relation) => {
    const columns = scope.schema.slice(relation.start, relation.start + relation.count);
    const shown = columns.slice(0, 30).map((column) => `${column.name} ${columnTypeText(column)}`);
    const more = columns.length > shown.length ? `, and ${columns.length - shown.length} more` : '';
    return `${relation.alias ?? 'the query in FROM'} has: ${shown.join(', ')}${more}`;
  });
}
