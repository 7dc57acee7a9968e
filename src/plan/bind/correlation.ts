import type { Span } from '../../diagnostics/source-text.ts';
import type { Expression } from '../expression.ts';
import { columnsOf } from '../same-expression.ts';

/** Where the columns of the row around a subquery stand in its expressions, while it is bound. */
export const outerAt = 10_000_000;

/** What a subquery asks of the row around it. */
export interface Correlation {
  /** What it selects, over the columns of its rows and of the row around it. */
  readonly values: readonly Expression[];
  /** What must be TRUE of a row of it and the row around it. */
  readonly conditions: readonly Expression[];
  /** Equal values of it count once. */
  readonly isDistinct: boolean;
}

/** Whether an expression looks at the row around its query. */
export function hasOuter(expression: Expression): boolean {
  return [...columnsOf(expression)].some((index) => index >= outerAt);
}

/** An equality of something of the subquery's rows with something of the row around it. */
export interface OuterEquality {
  readonly inner: Expression;
  readonly outer: Expression;
  readonly nullsMeet: boolean;
  readonly span: Span;
}

/** Null for what is no such equality. */
export function outerEquality(condition: Expression): OuterEquality | null {
  if (condition.kind !== 'call' || (condition.name !== '=' && condition.name !== 'IS NOT DISTINCT FROM')) return null;
  const [a, b] = condition.args;
  if (a === undefined || b === undefined) return null;
  const nullsMeet = condition.name !== '=';
  const { span } = condition;
  if (isOuter(b) && !hasOuter(a)) return { inner: a, outer: b, nullsMeet, span };
  return isOuter(a) && !hasOuter(b) ? { inner: b, outer: a, nullsMeet, span } : null;
}

/** Whether an expression looks at the row around, and at nothing else. */
function isOuter(expression: Expression): boolean {
  const columns = [...columnsOf(expression)];
  return columns.length > 0 && columns.every((index) => index >= outerAt);
}
