import type { Expression, Query } from '../ast.ts';

/**
 * Expressions hold queries and queries hold expressions. Files do not import each other in a circle, so what is
 * below calls what is above through this; `format.ts` fills it in.
 */
export const recursion: {
  expression: (expression: Expression) => string;
  query: (query: Query) => string;
} = { expression: notYet, query: notYet };

function notYet(): never {
  throw new Error('format.ts has not been imported');
}
