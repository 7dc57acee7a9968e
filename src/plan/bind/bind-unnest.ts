import { fail } from '../../diagnostics/diagnostic.ts';
import type { Join, Unnest } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { INT, type SqlType, typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode, LogicalUnnest } from '../logical.ts';
import { appendOnly } from '../logical.ts';
import { filterNode } from '../nodes.ts';
import { isLiteral } from '../simplify.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, ofNode, settled } from './bound-query.ts';
import { condition } from './calls.ts';
import { hasOuter } from './correlation.ts';
import type { JoinSettings } from './join-settings.ts';
import { emptyScope, type Scope } from './scope.ts';

/** UNNEST that stands alone: the elements of a value that no row is needed for. */
export function bindUnnest(node: Unnest, { timeZone, outer }: JoinSettings): BoundFrom {
  const input: LogicalNode = {
    kind: 'values',
    rows: [[]],
    schema: [],
    changes: appendOnly,
    uniqueKeys: [],
    span: node.span,
  };
  const scope = outer === null ? emptyScope : { ...emptyScope, outer };
  const unnest = unnestNode(node, { node: input, scope }, timeZone, false);
  return { bound: ofNode(unnest), scope: scopeWith(emptyScope, unnest, node) };
}

/**
 * A join with UNNEST: each row of the left side with the elements of one of its values.
 * @throws DiagnosticError B005 for what is no collection, B019 for names that are too many or too few, B045 for RIGHT and FULL
 */
export function bindUnnestJoin(
  join: Join & { readonly right: Unnest },
  left: BoundFrom,
  { timeZone, outer }: JoinSettings,
): BoundFrom {
  const { type, right, condition: on } = join;
  if (type === 'RIGHT' || type === 'FULL') {
    fail('B045', right.span, `${type} JOIN with UNNEST: there are no elements without their row`, {
      help: 'use LEFT JOIN or CROSS JOIN',
    });
  }
  if (join.isNatural || on?.kind === 'joinUsing') notYet('W002', join.span, 'NATURAL JOIN or USING with UNNEST');
  if (on === null && type !== 'CROSS' && type !== 'COMMA') {
    fail('B045', join.span, `${type} JOIN needs a condition`, { help: 'write ON TRUE for every element' });
  }
  const input = settled(left.bound);
  const isOuter = type === 'LEFT';
  const around = outer === null ? left.scope : { ...left.scope, outer };
  const unnest = unnestNode(right, { node: input, scope: around }, timeZone, isOuter);
  const scope = scopeWith(left.scope, unnest, right);
  const where = on === null ? null : condition(bindExpression(on.condition, { scope, timeZone }), 'ON');
  if (where === null || isLiteral(where, true)) return { bound: ofNode(unnest), scope };
  const node = isOuter ? { ...unnest, condition: where } : filterNode(unnest, where, where.span);
  return { bound: ofNode(node), scope };
}

function unnestNode(
  { values, withOrdinality, alias, span }: Unnest,
  left: { readonly node: LogicalNode; readonly scope: Scope },
  timeZone: string,
  isOuter: boolean,
): LogicalUnnest {
  const [value, second] = values;
  if (value === undefined) throw new Error('UNNEST has a value');
  if (second !== undefined) notYet('W002', second.span, 'UNNEST of several collections');
  const collection = bindExpression(value, { scope: left.scope, timeZone });
  if (hasOuter(collection)) notYet('W003', value.span, 'UNNEST of a value of the row around a subquery');
  const elements = elementColumns(collection, withOrdinality);
  const given = alias?.columns?.map(({ name }) => name) ?? null;
  const columns = [...elements, ...(withOrdinality ? [{ name: 'ORDINALITY', type: INT(false) }] : [])];
  if (given !== null && given.length !== columns.length) {
    fail('B019', alias?.span ?? span, `${given.length} names for ${columns.length} columns`);
  }
  const added = columns.map(({ name, type }, at): Column => {
    // The one column of a table is called as the table is.
    const own = alias !== null && elements.length === 1 && at === 0 ? alias.name.name : name;
    return { name: given?.[at] ?? own, type: isOuter ? withNullable(type, true) : type };
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
    uniqueKeys: [],
    span,
  };
}

/** The columns that an element is: the fields of a row, the key and value of a map. */
function elementColumns({ type, span }: Expression, withOrdinality: boolean): Schema {
  switch (type.kind) {
    case 'ARRAY':
    case 'MULTISET': {
      const { element } = type;
      if (element.kind !== 'ROW') return [{ name: 'EXPR$0', type: element }];
      // A row that is NULL is left out, but where its place counts.
      const mayLack = withOrdinality && element.nullable;
      return element.fields.map((field) => ({ name: field.name, type: fieldType(field.type, mayLack) }));
    }
    case 'MAP':
      return [
        { name: 'KEY', type: type.key },
        { name: 'VALUE', type: type.value },
      ];
    default:
      return fail('B005', span, `UNNEST takes an ARRAY, MAP or MULTISET, and this is ${typeText(type)}`);
  }
}

function fieldType(type: SqlType, mayLack: boolean): SqlType {
  return mayLack ? withNullable(type, true) : type;
}

function scopeWith(left: Scope, unnest: LogicalUnnest, { alias }: Unnest): Scope {
  const start = left.schema.length;
  const relation = { alias: alias?.name.name ?? null, path: null, start, count: unnest.schema.length - start };
  return { schema: unnest.schema, relations: [...left.relations, relation] };
}
