import * as T from './tokens.ts';
import { K, type SqlToken } from './tokens.ts';

const queryStarts = new Set([K.SELECT, K.VALUES, K.WITH, K.TABLE]);
const queryContinuations = new Set([
  ...[K.UNION, K.INTERSECT, K.EXCEPT, K.MINUS, K.ORDER, K.LIMIT, K.OFFSET, K.FETCH],
  T.RightParen,
]);

/**
 * Marks each bracket that holds a query: `(SELECT ...)`, and `((SELECT ...) UNION ...)`, but not `((SELECT ...) + 1)`.
 * No fixed number of tokens ahead can tell, so the brackets are paired first: O(tokens), from the end to the start.
 */
export function markQueryBrackets(tokens: readonly SqlToken[]): void {
  const closings: number[] = [];
  const closingOf = new Map<number, number>();
  for (let at = tokens.length - 1; at >= 0; at--) {
    const token = tokens[at] as SqlToken;
    if (token.tokenType === T.RightParen) closings.push(at);
    if (token.tokenType !== T.LeftParen) continue;
    closingOf.set(at, closings.pop() ?? tokens.length);
    const first = tokens[at + 1];
    if (first === undefined) continue;
    if (first.tokenType === T.LeftParen) {
      const afterInner = tokens[(closingOf.get(at + 1) as number) + 1];
      token.opensQuery = first.opensQuery && (afterInner === undefined || queryContinuations.has(afterInner.tokenType));
    } else {
      token.opensQuery = queryStarts.has(first.tokenType);
    }
  }
}
