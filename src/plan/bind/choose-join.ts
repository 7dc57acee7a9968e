import type { Column } from '../../types/column.ts';
import type { LogicalJoin, LogicalNode } from '../logical.ts';
import { joinNode } from '../nodes.ts';

/**
 * The joins of a FROM, with WHERE among their conditions, as they are executed; the innermost first, since what a join
 * makes of the time attributes decides about the one around it.
 */
export function chosenJoins(node: LogicalNode): LogicalNode {
  if (node.kind === 'filter' || node.kind === 'unnest') {
    const input = chosenJoins(node.input);
    const schema = [...input.schema, ...node.schema.slice(input.schema.length)];
    return input === node.input ? node : { ...node, input, schema, changes: input.changes };
  }
  if (node.kind !== 'join') return node;
  const sides = [chosenJoins(node.left), chosenJoins(node.right)] as const;
  return chosen(joinNode(sides[0], sides[1], node, node.span));
}

/** How a join is executed. */
function chosen(join: LogicalJoin): LogicalNode {
  return regular(join);
}

/** A pair may come long after its rows, so their times are plain ones behind a regular join. */
function regular(join: LogicalJoin): LogicalJoin {
  return { ...join, schema: join.schema.map(withoutAttribute) };
}

function withoutAttribute({ name, type }: Column): Column {
  return { name, type };
}
