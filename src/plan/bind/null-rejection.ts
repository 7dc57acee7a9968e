import type { Expression } from '../expression.ts';

/** Whether a condition is FALSE or UNKNOWN of every row that has NULL in all the given columns. */
export function isNeverTrueOfNulls(condition: Expression, isNullColumn: (index: number) => boolean): boolean {
  if (condition.kind === 'literal') return condition.value !== true;
  if (condition.kind !== 'call') return isNullOfNulls(condition, isNullColumn);
  const rejects = (arg: Expression): boolean => isNeverTrueOfNulls(arg, isNullColumn);
  const isNull = (arg: Expression): boolean => isNullOfNulls(arg, isNullColumn);
  switch (condition.name) {
    case 'AND':
      return condition.args.some(rejects);
    case 'OR':
      return condition.args.every(rejects);
    case 'IS NOT NULL':
    case 'IS FALSE':
      return condition.args.some(isNull);
    case 'IS TRUE':
      return condition.args.some(rejects);
    default:
      return isNull(condition);
  }
}

/** Calls that may give a value for NULL. */
const takesNull: ReadonlySet<string> = new Set([
  ...['AND', 'OR', 'CASE', 'IF', 'COALESCE', 'IFNULL', 'NULLIF', 'GREATEST', 'LEAST'],
]);

/** Whether an expression is NULL of every such row. */
function isNullOfNulls(expression: Expression, isNullColumn: (index: number) => boolean): boolean {
  switch (expression.kind) {
    case 'column':
      return isNullColumn(expression.index);
    case 'literal':
      return expression.value === null;
    case 'call': {
      const { nulls } = expression.overload;
      const propagates = (nulls === undefined || nulls === 'propagate') && expression.overload.code.kind !== 'lazy';
      if (!propagates || takesNull.has(expression.name)) return false;
      return expression.args.some((arg) => isNullOfNulls(arg, isNullColumn));
    }
    case 'cast':
    case 'field':
      return isNullOfNulls(expression.input, isNullColumn);
  }
}
