import { type SqlType, withNullable } from '../../types/sql-type.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { numeric } from '../parameters.ts';
import { averageReturns } from './average.ts';
import { decimalVariance } from './decimal-variance.ts';
import { doubleVariance, floatVariance } from './float-variance.ts';
import { momentsCode } from './moments.ts';
import { isWhole } from './state.ts';
import { wholeVariance } from './whole-variance.ts';

interface Variance {
  /** Divides by n - 1, and is NULL for one value. */
  readonly sample: boolean;
  /** The square root of it. */
  readonly deviation: boolean;
}

/**
 * The variance from sums: (sum(x^2) - sum(x)^2 / n) / n, or / (n - 1) for a sample; in the arithmetic of the argument's
 * type.
 */
function varianceCode(argument: SqlType, type: SqlType, { sample, deviation }: Variance): AggregateCode {
  if (isWhole(argument)) return momentsCode(wholeVariance(type, deviation), sample);
  if (argument.kind === 'DECIMAL') return momentsCode(decimalVariance(argument, type, deviation), sample);
  if (argument.kind === 'FLOAT') return momentsCode(floatVariance(type, deviation), sample);
  return momentsCode(doubleVariance(type, deviation), sample);
}

function variance(
  name: string,
  kind: Variance,
  summary: string,
  result: string,
  aliases: readonly string[] = [],
): AggregateFunction {
  return {
    name,
    aliases,
    summary,
    overloads: [
      {
        params: [numeric('value')],
        returns: ([value]) => withNullable(averageReturns(value), kind.sample || averageReturns(value).nullable),
        code: ([value], type) => varianceCode(value ?? type, type, kind),
      },
    ],
    examples: [{ sql: `${name}(x) FROM (VALUES (1e0), (3e0)) AS t(x)`, result }],
  };
}

const population = { sample: false, deviation: false };
const sample = { sample: true, deviation: false };

export const varPop = variance('VAR_POP', population, 'The variance of the values.', '1.0');
export const varSamp = variance('VAR_SAMP', sample, 'The variance of a sample; NULL for one value.', '2.0', [
  'VARIANCE',
]);
export const stddevPop = variance('STDDEV_POP', { ...population, deviation: true }, 'The standard deviation.', '1.0');
export const stddevSamp = variance(
  'STDDEV_SAMP',
  { ...sample, deviation: true },
  'The standard deviation of a sample; NULL for one value.',
  '1.4142135623730951',
  ['STDDEV'],
);
