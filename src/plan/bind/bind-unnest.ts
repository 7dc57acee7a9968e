import { fail } from '../../diagnostics/diagnostic.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { Unnest } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import { INT, type SqlType, typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import type { Elements } from './bind-elements.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { hasOuter } from './correlation.ts';

/** The elements of a value. @throws DiagnosticError, when they are bound, B005 for what is no collection, W002, W003 */
export function unnestElements({ values, withOrdinality, alias, span }: Unnest, functions: FunctionLookup): Elements {
  const [value, second] = values;
  if (value === undefined) throw new Error('UNNEST has a value');
  if (second !== undefined) notYet('W002', second.span, 'UNNEST of several collections');
  return {
    what: 'UNNEST',
    alias,
    span,
    withOrdinality,
    collection(scope) {
      const collection = bindExpression(value, { scope, functions });
      if (hasOuter(collection)) notYet('W003', value.span, 'UNNEST of a value of the row around a subquery');
      return collection;
    },
    columns(collection) {
      const elements = elementColumns(collection, withOrdinality);
      // The one column of a table is called as the table is.
      const own = elements.map((column) =>
        alias === null || elements.length > 1 ? column : { ...column, name: alias.name.name },
      );
      return withOrdinality ? [...own, { name: 'ORDINALITY', type: INT(false) }] : own;
    },
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
