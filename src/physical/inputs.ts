import type { InputRows, PhysicalOperator } from './graph.ts';

/** The rows of each input of an operator; those of a union are alike, and stand for one. */
export function inputsOf(
  operator: InputRows & Pick<PhysicalOperator, 'right' | 'further'>,
): readonly [InputRows, ...InputRows[]] {
  const { right, further = [] } = operator;
  return right === undefined ? [operator] : [operator, right, ...further];
}

export function inputAt(operator: PhysicalOperator, at: number): InputRows {
  return inputsOf(operator)[at] ?? operator;
}
