import { DECIMAL, type SqlType } from '../../types/sql-type.ts';
import { asDecimal, isExactNumeric } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import { writeArithmetic } from './arithmetic.ts';

/**
 * What Flink's planner makes of a SUM and of its retraction: a value goes into a sum, which stands behind it and says the
 * type. Flink lists them among its functions and takes them in a query, so they are here.
 */
function decimalSum(name: string, operator: '+' | '-', isWidest: boolean, result: string): ScalarFunction {
  const exact = (param: string) => parameter(param, 'EXACT_NUMERIC', isExactNumeric);
  return {
    name,
    category: 'arithmetic',
    summary: `The ${operator === '+' ? 'sum' : 'difference'} of two exact numbers, ${isWidest ? 'of 38 digits, ' : ''}as a DECIMAL like the second.`,
    examples: [{ sql: `${name}(1.5, 0.25)`, result }],
    overloads: [
      {
        params: [exact('value'), exact('sum')],
        returns: ([, sum]) => {
          const { precision, scale } = asDecimal(sum as SqlType);
          return DECIMAL(isWidest ? 38 : precision, scale, false);
        },
        code: { kind: 'wasm', write: (w, [a, b], type) => writeArithmetic(w, operator, a!, b!, type) },
      },
    ],
  };
}

export const decimalSumFunctions: readonly ScalarFunction[] = [
  decimalSum('AGG_DECIMAL_PLUS', '+', true, '1.75'),
  decimalSum('AGG_DECIMAL_MINUS', '-', true, '1.25'),
  decimalSum('HIVE_AGG_DECIMAL_PLUS', '+', false, '1.75'),
];
