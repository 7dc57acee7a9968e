import type { CatalogObject, Session } from '../../catalog/session.ts';
import type { Table, TableColumn } from '../../catalog/table.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import { castsImplicitly } from '../../functions/coercion.ts';
import type { CreateView, Insert, Query, Statement } from '../../sql/ast.ts';
import { type Column, columnTypeText, type Schema } from '../../types/column.ts';
import { sameType, typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { changesText, isAppendOnly, type LogicalNode, type LogicalSink } from '../logical.ts';
import { filterNode, projectNode } from '../nodes.ts';
import { notYet } from './bind-expression.ts';
import { QueryBinder } from './bind-query.ts';
import { call, castTo } from './calls.ts';
import { nullLiteral } from './literals.ts';
import { withOptionHints } from './option-hints.ts';
import { type SourceTraitsOf, tableSource } from './table-source.ts';

/** What the binder must know of connectors, which lie above it. */
export interface TableTraitsOf {
  readonly source: SourceTraitsOf;
  readonly accepts: (table: Table) => 'append' | 'all' | 'upsert';
}

/** The sinks of a statement that runs: one of a query or an INSERT, several of a statement set. Null for other statements. */
export function bindStatement(
  statement: Statement,
  session: Session,
  traits: TableTraitsOf,
): readonly LogicalSink[] | null {
  const binder = new QueryBinder(session, traits.source);
  switch (statement.kind) {
    case 'queryStatement': {
      const input = withUniqueNames(binder.query(statement.query));
      return [{ input, table: null, staticPartition: new Map(), span: statement.span }];
    }
    case 'insert':
      return [bindInsert(statement, session, binder, traits)];
    case 'statementSet':
      return statement.inserts.map((insert) => bindInsert(insert, session, binder, traits));
    default:
      return null;
  }
}

/** A name that several columns of an answer have is given a digit from the second on, as in Flink: `a`, `a0`, `a1`. */
function withUniqueNames(node: LogicalNode): LogicalNode {
  const used = new Set<string>();
  const columns = node.schema.map(({ name, type }, index) => {
    let unique = name;
    for (let digit = 0; used.has(unique); digit++) unique = `${name}${digit}`;
    used.add(unique);
    return { expression: { kind: 'column' as const, index, type, span: node.span }, name: unique };
  });
  return columns.every(({ name }, at) => name === node.schema[at]?.name) ? node : projectNode(node, columns, node.span);
}

/** The columns of a table or view as a query sees them. @throws DiagnosticError for a computed column or watermark that cannot be */
export function objectSchema(object: CatalogObject, session: Session, traits: Pick<TableTraitsOf, 'source'>): Schema {
  if (object.kind === 'table') return tableSource(object.table, session, null, object.table.span).schema;
  const { view } = object;
  const { schema } = new QueryBinder(session, traits.source).query(view.query);
  return schema.map((column, at) => ({ ...column, name: view.columns[at] ?? column.name }));
}

/** The column names of a view that is being made. @throws DiagnosticError when its query is wrong */
export function viewColumns(
  statement: Pick<CreateView, 'name' | 'columns' | 'query'>,
  session: Session,
  traits: Pick<TableTraitsOf, 'source'>,
): readonly string[] {
  const bound = new QueryBinder(session, traits.source).bound(statement.query);
  if (statement.columns === null) {
    const names = bound.schema.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) < at);
    if (twice !== undefined) {
      fail('B019', statement.name.span, `the view would have two columns "${twice}"`, {
        help: 'rename one of them by AS',
      });
    }
    return names;
  }
  if (statement.columns.length !== bound.schema.length) {
    fail(
      'B019',
      statement.name.span,
      `the view has ${statement.columns.length} names for ${bound.schema.length} columns`,
    );
  }
  return statement.columns.map(({ name }) => name);
}

/** A column that is written. */
type StoredColumn = Exclude<TableColumn, { readonly kind: 'computed' }>;

function bindInsert(insert: Insert, session: Session, binder: QueryBinder, traits: TableTraitsOf): LogicalSink {
  const object = session.get(insert.table);
  if (object.kind === 'view')
    fail('B017', insert.table.span, `"${object.view.path.name}" is a view; INSERT takes a table`);
  if (insert.partition !== null) notYet('W002', insert.partition.span, 'PARTITION in INSERT');
  if (insert.form === 'INSERT OVERWRITE')
    fail('B039', insert.span, 'a stream has no end at which INSERT OVERWRITE could replace what was there');
  if (insert.form === 'UPSERT INTO') fail('B039', insert.span, 'UPSERT INTO is not supported; write INSERT INTO');
  const table = withOptionHints(object.table, insert.hints, session);
  checkWrittenMetadata(table);
  const query = binder.query(insert.query);
  const targets = table.columns.filter(
    (column): column is StoredColumn => column.kind === 'physical' || (column.kind === 'metadata' && !column.virtual),
  );
  const input = withNotNull(toColumns(query, insert, table, targets), targets, session);
  checkChanges(query, insert.query, table, traits);
  return { input, table, staticPartition: new Map(), span: insert.span };
}

/** The query's columns as the table's, by position or by the names that are written. */
function toColumns(query: LogicalNode, insert: Insert, table: Table, targets: readonly StoredColumn[]): LogicalNode {
  const names =
    insert.columns?.map((column) => column.parts.map((part) => part.name).join('.')) ?? targets.map(({ name }) => name);
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at)
      fail('B019', insert.columns?.[at]?.span ?? insert.table.span, `column "${name}" is named twice`);
    if (targets.some((target) => target.name === name)) continue;
    fail('B003', insert.columns?.[at]?.span ?? insert.table.span, `unknown column "${name}"`, {
      help: didYouMean(
        name,
        targets.map((target) => target.name),
      ),
    });
  }
  if (names.length !== query.schema.length) {
    fail(
      'B019',
      insert.query.span,
      `"${table.path.name}" takes ${names.length} columns, and the query has ${query.schema.length}`,
      {
        notes: [
          { message: `the query: ${schemaText(query.schema)}`, span: null },
          { message: `the table: ${schemaText(targets)}`, span: null },
        ],
      },
    );
  }
  const columns = targets.map((target) => {
    const at = names.indexOf(target.name);
    const source = query.schema[at];
    if (source === undefined) {
      if (!target.type.nullable)
        fail('B030', insert.table.span, `column "${target.name}" is NOT NULL and gets no value`);
      return { expression: nullLiteral(target.type, insert.span) as Expression, name: target.name };
    }
    const column: Expression = { kind: 'column', index: at, type: source.type, span: insert.query.span };
    if (!sameType(source.type, target.type) && !castsImplicitly(source.type, target.type)) {
      fail(
        'B030',
        insert.query.span,
        `column ${at + 1} of the query is ${columnTypeText(source)}, and "${target.name}" of "${table.path.name}" is ${typeText(target.type)}`,
        {
          notes: [{ message: `"${target.name}" is declared here`, span: target.span }],
          help: `CAST it to ${typeText(withNullable(target.type, true))}`,
        },
      );
    }
    const cast = castTo(column, target.type);
    // A DECIMAL that does not fit becomes NULL.
    const type = target.type.nullable ? withNullable(cast.type, true) : cast.type;
    return { expression: cast.kind === 'cast' ? { ...cast, type } : cast, name: target.name };
  });
  return projectNode(query, columns, insert.span);
}

/** A NULL for a NOT NULL column fails at its row, or the row is left out: `table.exec.sink.not-null-enforcer`. */
function withNotNull(input: LogicalNode, targets: readonly StoredColumn[], session: Session): LogicalNode {
  const { span } = input;
  const column = (index: number): Expression => ({
    kind: 'column',
    index,
    type: input.schema[index]?.type ?? targets[index]!.type,
    span: targets[index]?.span ?? span,
  });
  const open = targets.flatMap(({ type }, at) => (!type.nullable && column(at).type.nullable ? [at] : []));
  if (open.length === 0) return input;
  if (session.settings.get('table.exec.sink.not-null-enforcer') === 'DROP') {
    const tests = open.map((at) => call('IS NOT NULL', [column(at)], span));
    return filterNode(
      input,
      tests.reduce((all, test) => call('AND', [all, test], span)),
      span,
    );
  }
  const columns = targets.map(({ name }, at) => ({
    name,
    expression: open.includes(at)
      ? { kind: 'cast' as const, input: column(at), type: withNullable(column(at).type, false), safe: false, span }
      : column(at),
  }));
  return projectNode(input, columns, span);
}

/** @throws DiagnosticError B038: no connector takes metadata yet, so a column of it is declared VIRTUAL */
function checkWrittenMetadata(table: Table): void {
  const column = table.columns.find((each) => each.kind === 'metadata' && !each.virtual);
  if (column === undefined) return;
  fail('B038', column.span, `metadata column "${column.name}" cannot be written`, {
    help: 'declare it METADATA VIRTUAL: then it is read, and left out of INSERT',
  });
}

function schemaText(schema: readonly Pick<Column, 'name' | 'type'>[]): string {
  return schema.map(({ name, type }) => `${name} ${typeText(type)}`).join(', ');
}

function checkChanges(query: LogicalNode, at: Query, table: Table, traits: TableTraitsOf): void {
  if (isAppendOnly(query.changes) || traits.accepts(table) !== 'append') return;
  const origin = updatingNode(query);
  fail('B031', origin.span, `"${table.path.name}" takes inserts only, and this sends ${changesText(query.changes)}`, {
    notes: [{ message: 'the query', span: at.span }],
    help: 'aggregate by windows, whose results are final, or write to a table that takes updates',
  });
}

/** The deepest node whose rows are updated. */
function updatingNode(node: LogicalNode): LogicalNode {
  const inputs = node.kind === 'union' ? node.inputs : 'input' in node ? [node.input] : [];
  const below = inputs.find((input) => !isAppendOnly(input.changes));
  return below === undefined ? node : updatingNode(below);
}
