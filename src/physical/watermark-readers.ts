import type { Expression } from '../plan/expression.ts';
import type { InputRows, PhysicalOperator, Step } from './graph.ts';
import { inputsOf } from './inputs.ts';

/** Whether an operator's rows see the watermark itself, by CURRENT_WATERMARK. */
export function seesWatermark(
  operator: InputRows & Pick<PhysicalOperator, 'right' | 'further' | 'work' | 'after'>,
): boolean {
  const { work, after } = operator;
  const aggregates = 'aggregates' in work ? work.aggregates : [];
  const expressions = [
    ...[...inputsOf(operator).flatMap(({ steps }) => steps), ...after].flatMap(expressionsOf),
    ...(work.kind === 'join' && work.condition !== null ? [work.condition] : []),
    ...aggregates.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter])),
  ];
  return expressions.some(callsWatermark);
}

function expressionsOf(step: Step): readonly Expression[] {
  switch (step.kind) {
    case 'filter':
      return [step.condition];
    case 'project':
      return step.expressions;
    case 'unnest':
      return step.condition === null ? [step.collection] : [step.collection, step.condition];
    case 'watermark':
    case 'drop-update-before':
    case 'expand':
    case 'repeat':
    case 'window':
      return [];
  }
}

function callsWatermark(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return expression.name === 'CURRENT_WATERMARK' || expression.args.some(callsWatermark);
    case 'cast':
    case 'field':
      return callsWatermark(expression.input);
    case 'column':
    case 'literal':
      return false;
  }
}
