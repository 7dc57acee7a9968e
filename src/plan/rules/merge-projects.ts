import { isDeterministic } from '../deterministic.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode, LogicalProject, LogicalSink } from '../logical.ts';
import { mapColumns } from '../same-expression.ts';
import { countReaders, rewriteNodes } from '../walk.ts';

/**
 * Makes one projection of two, and none of one that changes nothing. A value that is not deterministic is computed
 * once a row, so a projection that several columns read it from stays; so does one that several nodes read.
 */
export function mergeProjects(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  const readers = countReaders(sinks);
  const shared = new Set<LogicalNode>();
  return rewriteNodes(sinks, (node, original) => {
    const next = node.kind === 'project' ? merged(node, shared) : node;
    if ((readers.get(original) ?? 0) > 1) shared.add(next);
    return next;
  });
}

function merged(node: LogicalProject, shared: ReadonlySet<LogicalNode>): LogicalNode {
  const { input } = node;
  if (changesNothing(node)) return input;
  if (input.kind !== 'project' || shared.has(input) || !isMergeable(node, input)) return node;
  const expressions = node.expressions.map((expression) =>
    mapColumns(expression, (index, column) => input.expressions[index] ?? column),
  );
  const next: LogicalProject = { ...node, input: input.input, expressions };
  return changesNothing(next) ? next.input : next;
}

/** Whether each value of the inner projection that is not deterministic is read at most once. */
function isMergeable(outer: LogicalProject, inner: LogicalProject): boolean {
  const reads = inner.expressions.map(() => 0);
  for (const expression of outer.expressions) countReads(expression, reads);
  return inner.expressions.every((expression, at) => (reads[at] ?? 0) <= 1 || isDeterministic(expression));
}

function countReads(expression: Expression, reads: number[]): void {
  mapColumns(expression, (index, column) => {
    reads[index] = (reads[index] ?? 0) + 1;
    return column;
  });
}

function changesNothing({ input, expressions, schema }: LogicalProject): boolean {
  return (
    expressions.length === input.schema.length &&
    expressions.every((expression, at) => {
      const column = input.schema[at];
      return (
        expression.kind === 'column' &&
        expression.index === at &&
        column?.name === schema[at]?.name &&
        column?.timeAttribute === schema[at]?.timeAttribute &&
        column?.type.nullable === schema[at]?.type.nullable
      );
    })
  );
}
