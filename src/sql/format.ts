import type { Expression, Query, Script, Statement } from './ast.ts';
import { formatExpression as expressionText } from './format/expressions.ts';
import { layout } from './format/layout.ts';
import { formatQuery as queryText } from './format/queries.ts';
import { recursion } from './format/recursion.ts';
import { formatStatement } from './format/statements.ts';

recursion.expression = expressionText;
recursion.query = queryText;

/** SQL text that means the tree, one statement a line: `parse(format(tree))` is the tree again, but for its places. */
export function format(tree: Script | Statement): string {
  if ('statements' in tree) return tree.statements.map((statement) => `${formatStatement(statement)};\n`).join('');
  return formatStatement(tree);
}

/** As `format`, for a part of a statement. */
export function formatExpression(expression: Expression): string {
  return expressionText(expression);
}

/** As Flink writes a view's query out: a line for each clause. */
export function formatLongQuery(query: Query): string {
  layout.isLong = true;
  try {
    return queryText(query);
  } finally {
    layout.isLong = false;
  }
}
