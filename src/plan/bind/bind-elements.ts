import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { Join, TableAlias } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { appendOnly, type LogicalNode, type LogicalUnnest } from '../logical.ts';
import { filterNode } from '../nodes.ts';
import { isLiteral } from '../simplify.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, ofNode, settled } from './bound-query.ts';
import { condition } from './calls.ts';
import type { JoinSettings } from './join-settings.ts';
import { emptyScope, type Scope, shownColumns } from './scope.ts';

/** Rows that are made of each row: the elements of one of its values, or what a table function gives for it. */
export interface Elements {
  /** As it is called in an error: `UNNEST`. */
  readonly what: string;
  readonly alias: TableAlias | null;
  readonly span: Span;
  /** What has the elements, over the names on the left. */
  collection(scope: Scope): Expression;
  /** What an element is, under its own names; the alias may give others. */
  columns(collection: Expression): Schema;
  readonly withOrdinality: boolean;
}

/** Elements that stand alone: no row is needed for them. */
export function bindElements(elements: Elements, { outer }: JoinSettings): BoundFrom {
  const { span } = elements;
  const input: LogicalNode = { kind: 'values', rows: [[]], schema: [], changes: appendOnly, span };
  const scope = outer === null ? emptyScope : { ...emptyScope, outer };
  const node = elementsNode(elements, { node: input, scope }, false);
  return { bound: ofNode(node), scope: scopeWith(emptyScope, node, elements) };
}

/**
 * A join with elements: each row of the left side with its own.
 * @throws DiagnosticError B019 for names that are too many or too few, B045 for RIGHT and FULL
 */
export function bindElementsJoin(
  join: Join,
  left: BoundFrom,
  elements: Elements,
  { functions, outer }: JoinSettings,
): BoundFrom {
  const { type, condition: on } = join;
  const { what, span } = elements;
  if (type === 'RIGHT' || type === 'FULL') {
    fail('B045', span, `${type} JOIN with ${what}: there are no elements without their row`, {
      help: 'use LEFT JOIN or CROSS JOIN',
    });
  }
  if (on?.kind === 'joinUsing') notYet('W002', join.span, `USING with ${what}`);
  if (on === null && type !== 'CROSS' && type !== 'COMMA' && !join.isNatural) {
    fail('B045', join.span, `${type} JOIN needs a condition`, { help: 'write ON TRUE for every element' });
  }
  const input = settled(left.bound);
  const isOuter = type === 'LEFT';
  const around = outer === null ? left.scope : { ...left.scope, outer };
  const rows = elementsNode(elements, { node: input, scope: around }, isOuter);
  const scope = scopeWith(left.scope, rows, elements);
  if (join.isNatural) checkNothingInCommon(join, left.scope, rows, what);
  const where = on === null ? null : condition(bindExpression(on.condition, { scope, functions }), 'ON');
  if (where === null || isLiteral(where, true)) return { bound: ofNode(rows), scope };
  const node = isOuter ? { ...rows, condition: where } : filterNode(rows, where, where.span);
  return { bound: ofNode(node), scope };
}

/** NATURAL with elements joins by nothing. @throws DiagnosticError W002 where it would join by a name */
function checkNothingInCommon({ span }: Join, left: Scope, { schema }: LogicalUnnest, what: string): void {
  const names = new Set(shownColumns(left).map(({ name }) => name));
  const hasCommon = schema.slice(left.schema.length).some(({ name }) => names.has(name));
  if (hasCommon) notYet('W002', span, `NATURAL JOIN by a column of ${what}`);
}

/** Each row of the left side with its elements. @throws DiagnosticError B019 */
export function elementsNode(
  elements: Elements,
  left: { readonly node: LogicalNode; readonly scope: Scope },
  isOuter: boolean,
): LogicalUnnest {
  const { alias, span, withOrdinality } = elements;
  const collection = elements.collection(left.scope);
  const columns = elements.columns(collection);
  const given = alias?.columns?.map(({ name }) => name) ?? null;
  if (given !== null && given.length !== columns.length) {
    fail('B019', alias?.span ?? span, `${given.length} names for ${columns.length} columns`);
  }
  const added = columns.map(({ name, type }, at): Column => {
    return { name: given?.[at] ?? name, type: isOuter ? withNullable(type, true) : type };
  });
  return {
    kind: 'unnest',
    input: left.node,
    collection,
    withOrdinality,
    isOuter,
    condition: null,
    schema: [...left.node.schema, ...added],
    changes: left.node.changes,
    span,
  };
}

function scopeWith(left: Scope, { schema }: LogicalUnnest, { alias }: Elements): Scope {
  const start = left.schema.length;
  const relation = { alias: alias?.name.name ?? null, path: null, start, count: schema.length - start };
  return { schema, relations: [...left.relations, relation] };
}
