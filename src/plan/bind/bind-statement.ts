import type { CatalogObject } from '../../catalog/catalog.ts';
import type { Session } from '../../catalog/session.ts';
import type { View } from '../../catalog/view.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { CreateView, Statement } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { sameType } from '../../types/sql-type.ts';
import { inputsOf } from '../children.ts';
import type { LogicalNode, LogicalSink } from '../logical.ts';
import { projectNode } from '../nodes.ts';
import { bindCreateTableAs, bindInsert } from './bind-insert.ts';
import { QueryBinder } from './bind-query.ts';
import { expandQuery, QueryNames } from './expand-query.ts';
import { boundRanks } from './rank-bounds.ts';
import { tableSource } from './table-source.ts';
import type { TableTraitsOf } from './table-traits.ts';
import { checkWindowRanks } from './window-ranks.ts';

/** The sinks of a statement that runs: one of a query, an INSERT or CREATE TABLE AS, several of a statement set. Null for other statements. */
export function bindStatement(
  statement: Statement,
  session: Session,
  traits: TableTraitsOf,
  names: QueryNames | null = null,
): readonly LogicalSink[] | null {
  const bound = boundSinks(statement, session, traits, names);
  if (bound === null) return null;
  const sinks = boundRanks(bound);
  checkWindowRanks(sinks);
  return sinks;
}

function boundSinks(
  statement: Statement,
  session: Session,
  traits: TableTraitsOf,
  names: QueryNames | null,
): readonly LogicalSink[] | null {
  const binder = new QueryBinder(session, traits.source, false, names);
  switch (statement.kind) {
    case 'queryStatement': {
      const input = withShownTimes(withUniqueNames(binder.query(statement.query)), () =>
        new QueryBinder(session, traits.source, true).query(statement.query),
      );
      return [
        { input, table: null, accepts: 'all', key: null, materialize: 'NONE', stateTtlMs: 0, span: statement.span },
      ];
    }
    case 'insert':
      return [bindInsert(statement, session, binder, traits)];
    case 'createTable':
      if (statement.query === null) return null;
      return [bindCreateTableAs(statement, withUniqueNames(binder.query(statement.query)), session, traits)];
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

/** An answer's header shows the time attributes that its columns come from, though a join has made plain times of them. */
function withShownTimes(node: LogicalNode, described: () => LogicalNode): LogicalNode {
  if (!losesTimes(node)) return node;
  const shown = described().schema;
  const schema = node.schema.map((column, at): Column => {
    const timeAttribute = shown[at]?.timeAttribute;
    return timeAttribute === undefined ? column : { ...column, timeAttribute };
  });
  return { ...node, schema };
}

function losesTimes(node: LogicalNode): boolean {
  if (node.kind === 'join' && node.method.kind === 'regular') return true;
  return inputsOf(node).some(losesTimes);
}

/** The columns of a table or view as a query sees them. @throws DiagnosticError for a computed column or watermark that cannot be */
export function objectSchema(object: CatalogObject, session: Session, traits: Pick<TableTraitsOf, 'source'>): Schema {
  if (object.kind === 'table') return tableSource(object.table, session, null, object.table.span).schema;
  const { view } = object;
  const { schema } = new QueryBinder(session, traits.source, true).view(view);
  return schema.map((column, at) => {
    const { name, type } = view.columns[at] ?? column;
    return type === null || sameType(type, column.type) ? { ...column, name } : { name, type };
  });
}

/** The columns of a view that is being made, and its query written out. @throws DiagnosticError when its query is wrong */
export function viewParts(
  { name, columns, query }: Pick<CreateView, 'name' | 'columns' | 'query'>,
  session: Session,
  traits: Pick<TableTraitsOf, 'source'>,
): Pick<View, 'columns' | 'query'> {
  const names = new QueryNames();
  const { schema } = new QueryBinder(session, traits.source, true, names).bound(query);
  if (columns !== null && columns.length !== schema.length)
    fail('B019', name.span, `the view has ${columns.length} names for ${schema.length} columns`);
  const own = schema.map((column, at): Column => ({ name: columns?.[at]?.name ?? column.name, type: column.type }));
  const twice = own.find((column, at) => own.findIndex((each) => each.name === column.name) < at);
  if (twice !== undefined) {
    fail('B019', name.span, `the view would have two columns "${twice.name}"`, { help: 'rename one of them by AS' });
  }
  return { columns: own, query: expandQuery(query, names, 'view') };
}
