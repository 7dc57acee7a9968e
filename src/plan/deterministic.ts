import { scalarFunction } from '../functions/registry.ts';
import type { CallExpression, Expression } from './expression.ts';

/** Whether an expression gives the same for the same row, whenever and however often it is computed. */
export function isDeterministic(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return true;
    case 'call':
      return isDeterministicCall(expression) && expression.args.every(isDeterministic);
    case 'cast':
    case 'field':
      return isDeterministic(expression.input);
  }
}

/** Whether a function gives the same for the same arguments. */
export function isDeterministicCall({ name, overload }: CallExpression): boolean {
  if (overload.deterministic !== undefined) return overload.deterministic;
  const entry = scalarFunction(name);
  return entry !== undefined && entry.deterministic !== false;
}

/** Calls that fail for no value of their arguments. */
const total: ReadonlySet<string> = new Set([
  ...['AND', 'OR', 'NOT', 'CASE', 'IF', 'COALESCE', 'IFNULL', 'NULLIF', 'GREATEST', 'LEAST'],
  ...['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM', 'IS NULL', 'IS NOT NULL'],
  ...['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN', 'IS NOT UNKNOWN'],
  ...['UPPER', 'LOWER', 'CHAR_LENGTH'],
]);

/** Whether computing an expression may stop the job; false only where it surely cannot. */
export function canFail(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return false;
    case 'call':
      return !total.has(expression.name) || expression.args.some(canFail);
    case 'cast':
      return true;
    case 'field':
      return canFail(expression.input);
  }
}
