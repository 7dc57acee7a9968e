import { isInteger } from '../../functions/coercion.ts';
import { millisecondsIn, monthsIn, timeUnitNamed } from '../../functions/scalar/time-unit.ts';
import type { Schema } from '../../types/column.ts';
import type { CallExpression, Expression } from '../expression.ts';
import type { JoinKey } from '../logical.ts';
import { columnsOf, mapColumns } from '../same-expression.ts';

/** How far the times of two rows that meet are apart: `left - right` within `[lowerMs, upperMs]`. */
export interface TimeBounds {
  /** The time attributes, in their sides. */
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lowerMs: number;
  readonly upperMs: number;
  /** The conditions that are no bounds. */
  readonly rest: readonly Expression[];
}

/** A pair of rows: the columns of both sides. */
interface Sides {
  readonly schema: Schema;
  readonly leftCount: number;
}

/**
 * The bounds of a join's conditions, recognised as Flink does: a lower and an upper one between a time attribute of each
 * side, or an equality of both, and no further comparison of two such times. Null for a join that has none.
 */
export function timeBounds(
  conditions: readonly Expression[],
  keys: readonly JoinKey[],
  sides: Sides,
): TimeBounds | null {
  const rest: Expression[] = [];
  const found: Comparison[] = [];
  for (const condition of conditions) {
    const comparison = comparisonOf(condition, sides);
    if (comparison === null) rest.push(condition);
    else found.push(comparison);
  }
  const equal = keys.flatMap((key) => keyComparison(key, sides) ?? []);
  const [first, second, third] = [...found, ...equal];
  if (first === undefined || third !== undefined || first.offsetMs === null) return null;
  const { leftTime, rightTime } = first;
  if (second === undefined) {
    if (first.operator !== '=') return null;
    return { leftTime, rightTime, lowerMs: first.offsetMs, upperMs: first.offsetMs, rest };
  }
  if (second.offsetMs === null || second.leftTime !== leftTime || second.rightTime !== rightTime) return null;
  const [lower, upper] = isLower(first) ? [first, second] : [second, first];
  if (!isLower(lower) || isLower(upper)) return null;
  return { leftTime, rightTime, lowerMs: boundOf(lower, 1), upperMs: boundOf(upper, -1), rest };
}

/** `left.time - right.time <operator> offsetMs`; null where the offset is no number of milliseconds. */
interface Comparison {
  readonly operator: Operator;
  readonly leftTime: number;
  readonly rightTime: number;
  readonly offsetMs: number | null;
}

type Operator = '<' | '<=' | '>' | '>=' | '=';

const mirrored: Readonly<Record<Operator, Operator>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
const negated: Readonly<Partial<Record<Operator, Operator>>> = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

function isLower({ operator }: Comparison): boolean {
  return operator === '>' || operator === '>=' || operator === '=';
}

/** Times are whole milliseconds. */
function boundOf({ operator, offsetMs }: Comparison, step: number): number {
  return (offsetMs ?? 0) + (operator === '>' || operator === '<' ? step : 0);
}

/** Null for a condition that is no comparison of a time attribute of each side. */
function comparisonOf(condition: Expression, sides: Sides): Comparison | null {
  const plain = withoutNegation(condition);
  if (plain === null) return null;
  const [a, b] = plain.args;
  const [first, second] = [timeIn(a, sides), timeIn(b, sides)];
  if (first === null || second === null || first < sides.leftCount === second < sides.leftCount) return null;
  const isSwapped = first >= sides.leftCount;
  const [left, right] = isSwapped ? [b, a] : [a, b];
  const operator = isSwapped ? mirrored[plain.operator] : plain.operator;
  const offsets = [offsetMs(left), offsetMs(right)];
  const [own, other] = offsets;
  return {
    operator,
    leftTime: isSwapped ? second : first,
    rightTime: (isSwapped ? first : second) - sides.leftCount,
    offsetMs: own === null || other === null || own === undefined || other === undefined ? null : other - own,
  };
}

/** Two bare time attributes that are equal; what is computed for a key is no time any more. */
function keyComparison(key: JoinKey, sides: Sides): Comparison | null {
  const right = mapColumns(key.right, (index, column) => ({ ...column, index: index + sides.leftCount }));
  const [leftTime, rightTime] = [timeIn(key.left, sides), timeIn(right, sides)];
  if (leftTime === null || rightTime === null || !isBare(key.left) || !isBare(right)) return null;
  return { operator: '=', leftTime, rightTime: rightTime - sides.leftCount, offsetMs: 0 };
}

function isBare(expression: Expression): boolean {
  return expression.kind === 'cast' ? isBare(expression.input) : expression.kind === 'column';
}

function withoutNegation(
  condition: Expression,
): { readonly operator: Operator; readonly args: readonly [Expression, Expression] } | null {
  if (condition.kind !== 'call') return null;
  const [first, second] = condition.args;
  if (condition.name === 'IS TRUE' && first !== undefined) return withoutNegation(first);
  if (condition.name === 'NOT' && first !== undefined) {
    const inner = withoutNegation(first);
    const operator = inner === null ? undefined : negated[inner.operator];
    return inner === null || operator === undefined ? null : { ...inner, operator };
  }
  if (first === undefined || second === undefined || !(condition.name in mirrored)) return null;
  return { operator: condition.name as Operator, args: [first, second] };
}

/** The time attribute that an expression looks at, and nothing else; a column of the pair. */
function timeIn(expression: Expression, { schema }: Sides): number | null {
  const [column, ...others] = columnsOf(expression);
  if (column === undefined || others.length > 0) return null;
  return schema[column]?.timeAttribute === undefined ? null : column;
}

/** How far a time is moved from its column, in ms; null where that is not the same for every time. */
function offsetMs(time: Expression): number | null {
  switch (time.kind) {
    case 'column':
      return 0;
    case 'cast':
      return time.type.kind === 'TIMESTAMP' || time.type.kind === 'TIMESTAMP_LTZ' ? offsetMs(time.input) : null;
    case 'call':
      return movedMs(time);
    case 'literal':
    case 'field':
      return null;
  }
}

function movedMs({ name, args }: CallExpression): number | null {
  const [first, second, third] = args;
  if (first === undefined || second === undefined) return null;
  if (name === 'TIMESTAMPADD' && third !== undefined) {
    return sum(offsetMs(third), product(unitMs(first), numberOf(second)));
  }
  if (name === '+') {
    return columnsOf(first).size > 0
      ? sum(offsetMs(first), intervalMs(second))
      : sum(offsetMs(second), intervalMs(first));
  }
  if (name !== '-') return null;
  const step = intervalMs(second);
  return sum(offsetMs(first), step === null ? null : -step);
}

/** A literal unit in ms; null for months and more, which are not all of one length. */
function unitMs(unit: Expression): number | null {
  const name = unit.kind === 'literal' ? timeUnitNamed(String(unit.value)) : null;
  return name === null || monthsIn(name) !== null ? null : Number(millisecondsIn(name));
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** A constant interval of days and less, in ms. */
function intervalMs(interval: Expression): number | null {
  if (interval.kind === 'literal') {
    return interval.type.kind === 'INTERVAL_DAY_TIME' && interval.value !== null ? Number(interval.value) : null;
  }
  if (interval.kind !== 'call') return null;
  const [a, b] = interval.args;
  if (a === undefined) return null;
  if (b === undefined) return interval.name === '-' ? sum(0, negative(intervalMs(a))) : null;
  switch (interval.name) {
    case '+':
      return sum(intervalMs(a), intervalMs(b));
    case '-':
      return sum(intervalMs(a), negative(intervalMs(b)));
    case '*':
      return product(intervalMs(a) ?? intervalMs(b), intervalMs(a) === null ? numberOf(a) : numberOf(b));
    default:
      return null;
  }
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}

function product(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}

function numberOf(expression: Expression): number | null {
  if (expression.kind === 'cast') return numberOf(expression.input);
  if (expression.kind !== 'literal' || expression.value === null || !isInteger(expression.type)) return null;
  return Number(expression.value);
}
