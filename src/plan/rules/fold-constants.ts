import { isDeterministic } from '../deterministic.ts';
import type { Expression, LiteralExpression } from '../expression.ts';
import type { LogicalSink } from '../logical.ts';
import { simplified, simplifiedFilter } from '../simplify.ts';
import { mapExpressions, mapped, rewriteNodes } from '../walk.ts';

/** Computes an expression over no columns as a row would; null where that fails. */
export type Fold = (expression: Expression) => LiteralExpression | null;

/**
 * Computes what no row changes: `INTERVAL '1' DAY * 7`, `CASE WHEN FALSE ...`, `x AND TRUE`.
 *
 * An expression that fails (`1 / 0`) stays as it is: the job fails at the first row that reaches it, as in Flink, and
 * not before.
 */
export function foldConstants(sinks: readonly LogicalSink[], fold: Fold): readonly LogicalSink[] {
  const folded = (expression: Expression): Expression => foldedExpression(expression, fold);
  return rewriteNodes(sinks, (node) => {
    const next = mapExpressions(node, folded);
    if (next.kind === 'filter') {
      const condition = simplifiedFilter(next.condition);
      return condition === next.condition ? next : { ...next, condition };
    }
    if (next.kind === 'match') {
      const pattern = mapped(next.pattern, (element) => {
        const condition = element.condition === null ? null : folded(element.condition);
        return condition === element.condition ? element : { ...element, condition };
      });
      const measures = mapped(next.measures, folded);
      return pattern === next.pattern && measures === next.measures ? next : { ...next, pattern, measures };
    }
    if (next.kind !== 'aggregate' && next.kind !== 'window-aggregate') return next;
    const aggregates = mapped(next.aggregates, (call) => {
      if (call.filter === null) return call;
      const filter = simplifiedFilter(call.filter);
      if (filter.kind === 'literal' && filter.value === true) return { ...call, filter: null };
      return filter === call.filter ? call : { ...call, filter };
    });
    return aggregates === next.aggregates ? next : { ...next, aggregates };
  });
}

function foldedExpression(expression: Expression, fold: Fold): Expression {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return expression;
    case 'call': {
      // The whole first: most constants are folded by one computation.
      if (isConstant(expression)) return fold(expression) ?? expression;
      const args = mapped(expression.args, (arg) => foldedExpression(arg, fold));
      const call = args === expression.args ? expression : { ...expression, args };
      const next = simplified(call);
      if (next !== call) return foldedExpression(next, fold);
      return call !== expression && isConstant(call) ? (fold(call) ?? call) : call;
    }
    case 'cast':
    case 'field': {
      if (isConstant(expression)) return fold(expression) ?? expression;
      const input = foldedExpression(expression.input, fold);
      if (input === expression.input) return expression;
      const next = { ...expression, input };
      return isConstant(next) ? (fold(next) ?? next) : next;
    }
  }
}

/** Whether an expression reads no column, and gives the same each time. */
function isConstant(expression: Expression): boolean {
  return readsNoColumn(expression) && isDeterministic(expression);
}

function readsNoColumn(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
      return false;
    case 'literal':
      return true;
    case 'call':
      return expression.args.every(readsNoColumn);
    case 'cast':
    case 'field':
      return readsNoColumn(expression.input);
  }
}
