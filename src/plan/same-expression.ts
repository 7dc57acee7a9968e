import type { ColumnExpression, Expression } from './expression.ts';

/** Equal for expressions that compute the same, wherever they stand. */
export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return `$${expression.index}`;
    case 'literal':
      return `${typeof expression.value}:${String(expression.value)}:${JSON.stringify(expression.type)}`;
    case 'call':
      return `${expression.name}(${expression.args.map(expressionText).join(',')})`;
    case 'cast':
      return `${expression.safe ? 'try' : 'cast'}(${expressionText(expression.input)},${JSON.stringify(expression.type)})`;
    case 'field':
      return `${expressionText(expression.input)}.${expression.index}`;
  }
}

/** The same expression over other columns. */
export function mapColumns(
  expression: Expression,
  map: (index: number, column: ColumnExpression) => Expression,
): Expression {
  switch (expression.kind) {
    case 'column':
      return map(expression.index, expression);
    case 'literal':
      return expression;
    case 'call':
      return { ...expression, args: expression.args.map((arg) => mapColumns(arg, map)) };
    case 'cast':
    case 'field':
      return { ...expression, input: mapColumns(expression.input, map) };
  }
}

/** The columns that an expression reads. */
export function columnsOf(expression: Expression, into: Set<number> = new Set()): Set<number> {
  switch (expression.kind) {
    case 'column':
      into.add(expression.index);
      return into;
    case 'literal':
      return into;
    case 'call':
      for (const arg of expression.args) columnsOf(arg, into);
      return into;
    case 'cast':
    case 'field':
      return columnsOf(expression.input, into);
  }
}

/** `a AND b AND c` as its parts, however it is bracketed. */
export function conjuncts(expression: Expression): readonly Expression[] {
  const parts: Expression[] = [];
  let rest = expression;
  while (rest.kind === 'call' && rest.name === 'AND') {
    const [left, right] = rest.args;
    if (left === undefined || right === undefined) break;
    parts.unshift(...conjuncts(right));
    rest = left;
  }
  return [rest, ...parts];
}
