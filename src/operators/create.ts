import type { PhysicalOperator } from '../physical/graph.ts';
import { unreachable } from '../types/unreachable.ts';
import { Collect } from './collect.ts';
import type { Operator } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { WindowAggregate } from './window-aggregate.ts';

/** The running operator of a node of the plan. */
export function createOperator(node: PhysicalOperator, context: OperatorContext): Operator {
  const { work } = node;
  switch (work.kind) {
    case 'collect':
      return new Collect(node, context);
    case 'window-aggregate':
      return new WindowAggregate(node, work, context);
    default:
      return unreachable(work);
  }
}
