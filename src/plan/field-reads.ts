import { columnsRead, expressionAt } from './columns-read.ts';
import type { Expression, FieldExpression } from './expression.ts';
import type { LogicalNode, LogicalProject, LogicalSink } from './logical.ts';
import { columnsOf, expressionText, mapColumns } from './same-expression.ts';
import { mapExpressions } from './walk.ts';

/** What the readers of a plan ask of each node: columns whole, and fields of columns (`$2.name`, `$2.home.city`). */
export class FieldReads {
  readonly #whole = new Map<LogicalNode, Set<number>>();
  readonly #fields = new Map<LogicalNode, Map<string, FieldExpression>>();

  /** @param order every node, readers first */
  constructor(sinks: readonly LogicalSink[], order: readonly LogicalNode[]) {
    for (const { input } of sinks) this.#read(input, input.schema.keys(), []);
    for (const node of order) this.#visit(node);
  }

  isReadWhole(node: LogicalNode, column: number): boolean {
    return this.#whole.get(node)?.has(column) === true;
  }

  /** Each field once, over the node's columns. */
  fieldsOf(node: LogicalNode): readonly FieldExpression[] {
    return [...(this.#fields.get(node)?.values() ?? [])];
  }

  #visit(node: LogicalNode): void {
    const whole = this.#whole.get(node) ?? new Set();
    for (const [input, columns] of columnsRead(node, whole, wholeColumnsOf)) this.#read(input, columns, []);
    const asked = this.fieldsOf(node);
    switch (node.kind) {
      case 'scan':
      case 'values':
        return;
      case 'union':
        for (const input of node.inputs) this.#read(input, [], asked);
        return;
      case 'join':
        // Rows are kept as they come: no part of a column is asked for alone.
        for (const [input, columns] of columnsRead(node, new Set(asked.map(rootOf)), columnsOf))
          this.#read(input, columns, []);
        return;
      case 'project':
        // What nobody asks of a projection is not computed.
        for (const at of whole) this.#read(node.input, [], fieldsIn(expressionAt(node.expressions, at)));
        for (const field of asked) {
          const composed = throughProject(field, node);
          this.#read(node.input, wholeColumnsOf(composed), fieldsIn(composed));
        }
        return;
      default: {
        const passed = handsOn(node) ? asked.filter((field) => rootOf(field) < node.input.schema.length) : [];
        this.#read(node.input, [], [...expressionsOf(node).flatMap(fieldsIn), ...passed]);
      }
    }
  }

  #read(node: LogicalNode, columns: Iterable<number>, fields: readonly FieldExpression[]): void {
    const whole = this.#whole.get(node) ?? new Set();
    this.#whole.set(node, whole);
    for (const column of columns) whole.add(column);
    const known = this.#fields.get(node) ?? new Map<string, FieldExpression>();
    this.#fields.set(node, known);
    for (const field of fields) known.set(expressionText(field), field);
  }
}

/** Whether the columns of a node's input are its own first columns, row by row. */
export function handsOn(node: LogicalNode): boolean {
  switch (node.kind) {
    case 'watermark':
    case 'filter':
    case 'limit':
    case 'deduplicate':
    case 'over':
    case 'sort':
    case 'window':
    case 'top-n':
    case 'expand':
    case 'repeat':
      return true;
    case 'unnest':
      // Its condition names columns by their places.
      return node.condition === null;
    default:
      return false;
  }
}

/** A field of a projection's column, over the projection's input. */
export function throughProject(field: FieldExpression, { expressions }: LogicalProject): Expression {
  return mapColumns(field, (index) => expressionAt(expressions, index));
}

/** The column that a chain of fields starts at; -1 where it starts at something else. */
export function rootOf(field: FieldExpression): number {
  let root: Expression = field;
  while (root.kind === 'field') root = root.input;
  return root.kind === 'column' ? root.index : -1;
}

/** The fields of columns in an expression, the longest chains alone. */
function fieldsIn(expression: Expression): readonly FieldExpression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'call':
      return expression.args.flatMap(fieldsIn);
    case 'cast':
      return fieldsIn(expression.input);
    case 'field':
      return rootOf(expression) >= 0 ? [expression] : fieldsIn(expression.input);
  }
}

/** The columns that an expression reads otherwise than by a field. */
function wholeColumnsOf(expression: Expression): readonly number[] {
  switch (expression.kind) {
    case 'column':
      return [expression.index];
    case 'literal':
      return [];
    case 'call':
      return expression.args.flatMap(wholeColumnsOf);
    case 'cast':
      return wholeColumnsOf(expression.input);
    case 'field':
      return rootOf(expression) >= 0 ? [] : wholeColumnsOf(expression.input);
  }
}

function expressionsOf(node: LogicalNode): readonly Expression[] {
  const found: Expression[] = [];
  mapExpressions(node, (expression) => {
    found.push(expression);
    return expression;
  });
  return found;
}
