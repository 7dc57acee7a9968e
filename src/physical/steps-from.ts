import type { InputRows, PhysicalOperator, Step } from './graph.ts';
import { inputsOf } from './inputs.ts';

/** What happens in an operator to the rows that come straight from the node of an id; of all such inputs of a self join. */
export function stepsFrom(
  operator: InputRows & Pick<PhysicalOperator, 'inputs' | 'right' | 'further'>,
  id: string,
): readonly (readonly Step[])[] {
  const { inputs, steps, right } = operator;
  if (right === undefined) return inputs.includes(id) ? [steps] : [];
  return inputsOf(operator).flatMap((rows, at) => (inputs[at] === id ? [rows.steps] : []));
}
