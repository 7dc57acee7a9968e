import { BOOLEAN } from '../types/sql-type.ts';
import { canFail } from './deterministic.ts';
import type { CallExpression, Expression, LiteralExpression } from './expression.ts';

/**
 * A call whose value follows from arguments that are literals, without being one itself: AND, OR, NOT, CASE, IF and
 * COALESCE in three-valued logic. What is left out is what a row would not have computed, or what cannot fail.
 */
export function simplified(call: CallExpression): Expression {
  switch (call.name) {
    case 'AND':
      return connective(call, false);
    case 'OR':
      return connective(call, true);
    case 'NOT':
      return doubleNegation(call);
    case 'CASE':
    case 'IF':
      return branches(call);
    case 'COALESCE':
    case 'IFNULL':
      return firstGiven(call);
    default:
      return call;
  }
}

/** A condition of which only TRUE counts: UNKNOWN is as good as FALSE in a filter. */
export function simplifiedFilter(condition: Expression): Expression {
  if (isLiteral(condition, null)) return truth(false, condition);
  if (condition.kind !== 'call') return condition;
  const [left, right] = condition.args;
  if (left === undefined || right === undefined) return condition;
  if (condition.name !== 'AND' && condition.name !== 'OR') return condition;
  const sides = [simplifiedFilter(left), simplifiedFilter(right)] as const;
  if (sides[0] === left && sides[1] === right) return condition;
  return simplified({ ...condition, args: sides });
}

/** `deciding` is the value of one side that settles the whole: FALSE for AND, TRUE for OR. */
function connective(call: CallExpression, deciding: boolean): Expression {
  const [left, right] = call.args;
  if (left === undefined || right === undefined) return call;
  if (isLiteral(left, deciding)) return left;
  if (isLiteral(left, !deciding)) return right;
  if (isLiteral(right, !deciding)) return left;
  // The left side would have been computed first.
  if (isLiteral(right, deciding) && !canFail(left)) return right;
  return call;
}

function doubleNegation(call: CallExpression): Expression {
  const [inner] = call.args;
  return inner?.kind === 'call' && inner.name === 'NOT' ? (inner.args[0] ?? call) : call;
}

/** Arguments condition, value, ..., otherwise: branches never taken go, one always taken ends the list. */
function branches(call: CallExpression): Expression {
  const args: Expression[] = [];
  let otherwise = call.args.at(-1);
  for (let at = 0; at + 1 < call.args.length; at += 2) {
    const [test, value] = [call.args[at], call.args[at + 1]];
    if (test === undefined || value === undefined) return call;
    if (isLiteral(test, false) || isLiteral(test, null)) continue;
    if (isLiteral(test, true)) {
      otherwise = value;
      break;
    }
    args.push(test, value);
  }
  if (otherwise === undefined) return call;
  if (args.length === 0) return otherwise;
  return args.length + 1 === call.args.length ? call : { ...call, args: [...args, otherwise] };
}

/** NULLs are passed over; what is never NULL ends the list. */
function firstGiven(call: CallExpression): Expression {
  const given = call.args.filter((arg) => !isLiteral(arg, null));
  const last = given.findIndex((arg) => !arg.type.nullable || arg.kind === 'literal');
  const args = last < 0 ? given : given.slice(0, last + 1);
  const [first] = args;
  if (first === undefined || args.length === call.args.length) return call;
  return args.length === 1 ? first : { ...call, args };
}

export function isLiteral(expression: Expression, value: LiteralExpression['value']): boolean {
  return expression.kind === 'literal' && expression.value === value;
}

export function truth(value: boolean, { span }: Expression): LiteralExpression {
  return { kind: 'literal', value, type: BOOLEAN(false), span };
}
