import { fail } from '../../diagnostics/diagnostic.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { ScalarFunction } from '../../functions/scalar-function.ts';
import type { TableFunction } from '../../sql/ast.ts';
import type { Elements } from './bind-elements.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { callOf, unknownFunction } from './calls.ts';
import { hasOuter } from './correlation.ts';
import { argumentsInOrder } from './named-arguments.ts';

/**
 * The rows that a table function of the program's gives: the elements of its value.
 * @throws DiagnosticError B002 for one that is not known or is no table function; what else is wrong when they are bound
 */
export function tableFunctionElements(node: TableFunction, functions: FunctionLookup): Elements {
  const { alias, span } = node;
  const entry = tableFunctionOf(node, functions);
  return {
    what: 'a table function',
    alias,
    span,
    withOrdinality: false,
    collection(scope) {
      const args = argumentsInOrder(entry, node.arguments, span);
      const bound = args.map(({ value }) => bindExpression(value, { scope, functions }));
      const far = bound.find(hasOuter);
      if (far !== undefined) notYet('W003', far.span, 'a table function of a value of the row around a subquery');
      return callOf(entry, bound, span);
    },
    columns({ type }) {
      if (type.kind !== 'ARRAY' || type.element.kind !== 'ROW') throw new Error(`${entry.name} gives rows`);
      return type.element.fields;
    },
  };
}

function tableFunctionOf({ name: { parts, span } }: TableFunction, functions: FunctionLookup): ScalarFunction {
  const name = parts.map((part) => part.name).join('.');
  const found = functions.table(name);
  if (found !== undefined) return found;
  const other = functions.scalar(name) ?? functions.aggregate(name);
  if (other !== undefined) fail('B002', span, `${other.name} is no table function: it does not give rows`);
  return unknownFunction(name, span, functions);
}
