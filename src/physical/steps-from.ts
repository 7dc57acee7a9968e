import type { PhysicalOperator, Step } from './graph.ts';

/** What happens in an operator to the rows that come straight from the node of an id; of both inputs of a self join. */
export function stepsFrom(
  { inputs, steps, right }: Pick<PhysicalOperator, 'inputs' | 'steps' | 'right'>,
  id: string,
): readonly (readonly Step[])[] {
  if (right === undefined) return inputs.includes(id) ? [steps] : [];
  return [...(inputs[0] === id ? [steps] : []), ...(inputs[1] === id ? [right.steps] : [])];
}
