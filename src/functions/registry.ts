import { arrayAgg } from './aggregate/array-agg.ts';
import { average } from './aggregate/average.ts';
import { collect } from './aggregate/collect.ts';
import { count } from './aggregate/count.ts';
import { max, min } from './aggregate/extreme.ts';
import { firstValue, lastValue } from './aggregate/first-last.ts';
import { jsonArrayAgg, jsonObjectAgg } from './aggregate/json-agg.ts';
import { listagg } from './aggregate/listagg.ts';
import { percentileFunction } from './aggregate/percentile.ts';
import { singleValue } from './aggregate/single-value.ts';
import { sum, sum0 } from './aggregate/sum.ts';
import { stddevPop, stddevSamp, varPop, varSamp } from './aggregate/variance.ts';
import type { AggregateFunction } from './aggregate-function.ts';
import { arithmeticFunctions } from './scalar/arithmetic.ts';
import { arrayFunctions } from './scalar/array-functions.ts';
import { characterKindFunctions } from './scalar/character-kind.ts';
import { comparisonFunctions } from './scalar/comparison.ts';
import { concatFunctions } from './scalar/concat.ts';
import { conditionalFunctions } from './scalar/conditional.ts';
import { currentDatabaseFunctions } from './scalar/current-database.ts';
import { dateFormatFunctions } from './scalar/date-format.ts';
import { decimalSumFunctions } from './scalar/decimal-sum.ts';
import { encodingFunctions } from './scalar/encoding.ts';
import { extractFunctions } from './scalar/extract.ts';
import { hashFunctions } from './scalar/hash.ts';
import { hashCodeFunctions } from './scalar/hash-code.ts';
import { jsonFunctions } from './scalar/json.ts';
import { jsonConstructorFunctions } from './scalar/json-constructor.ts';
import { jsonQuoteFunctions } from './scalar/json-quote.ts';
import { lengthEnforcementFunctions } from './scalar/length-enforcement.ts';
import { letterCaseFunctions } from './scalar/letter-case.ts';
import { likeFunctions } from './scalar/like.ts';
import { logicFunctions } from './scalar/logic.ts';
import { mapFunctions } from './scalar/map-functions.ts';
import { mathFunctions } from './scalar/math.ts';
import { nestedAccessFunctions } from './scalar/nested-access.ts';
import { nestedConstructorFunctions } from './scalar/nested-constructor.ts';
import { nowFunctions } from './scalar/now.ts';
import { objectFunctions } from './scalar/object.ts';
import { overlapsFunctions } from './scalar/overlaps.ts';
import { padFunctions } from './scalar/pad.ts';
import { printFunctions } from './scalar/print.ts';
import { printfFunctions } from './scalar/printf.ts';
import { randomFunctions } from './scalar/random.ts';
import { regexpFunctions } from './scalar/regexp.ts';
import { replaceFunctions } from './scalar/replace.ts';
import { roundingFunctions } from './scalar/rounding.ts';
import { splitFunctions } from './scalar/split.ts';
import { substringFunctions } from './scalar/substring.ts';
import { temporalArithmeticFunctions } from './scalar/temporal-arithmetic.ts';
import { textPositionFunctions } from './scalar/text-position.ts';
import { timeFromTextFunctions } from './scalar/time-from-text.ts';
import { trimFunctions } from './scalar/trim.ts';
import { typeOfFunctions } from './scalar/type-of.ts';
import { unixTimeFunctions } from './scalar/unix-time.ts';
import { urlFunctions } from './scalar/url.ts';
import { variantFunctions } from './scalar/variant.ts';
import { currentWatermark } from './scalar/watermark.ts';
import type { ScalarFunction } from './scalar-function.ts';

/**
 * All built-in functions: one line a topic. A topic file (`scalar/arithmetic.ts`) exports each entry under its own
 * name and the list of them, `arithmeticFunctions`.
 *
 * What the binder calls operators, which have no spelling of a call:
 * - `+` `-` (two parameters, and one for the sign) `*` `/` `%`, `||`, `=` `<>` `<` `<=` `>` `>=`
 * - `AND` `OR` (two parameters) `NOT`, `IS NULL` `IS NOT NULL`, `IS TRUE` `IS NOT TRUE` `IS FALSE` `IS NOT FALSE`
 *   `IS UNKNOWN` `IS NOT UNKNOWN`, `IS DISTINCT FROM` `IS NOT DISTINCT FROM`
 * - `CASE` (condition, value, condition, value, ..., otherwise), `LIKE` `ILIKE` `SIMILAR TO` (value, pattern[, escape])
 * - `IN` (value, item...); `BETWEEN`, `NOT IN`, NULLIF and the rest are made of the others
 * - `ITEM` (array or map, index or key), `ROW` `ARRAY` `MAP` (constructors)
 * - `EXTRACT` (unit, value), `FLOOR` and `CEIL` (value[, unit]), `TIMESTAMPADD` `TIMESTAMPDIFF` (unit, ..): the unit
 *   is a string literal in upper case, `'DAY'`
 * - `TRIM` (side, characters, value): the side is a string literal; `POSITION` (needle, haystack[, from]),
 *   `SUBSTRING`, `OVERLAY` (value, placing, from[, length])
 * - `IS JSON VALUE` (SCALAR, ARRAY, OBJECT); clauses of JSON functions are string literals, `''` where not written, a
 *   type is a NULL of that type: `JSON_EXISTS` (input, path, on error), `JSON_VALUE` (input, path, `NULL` `ERROR` or
 *   `DEFAULT` on empty, default on empty, the same on error, default on error, RETURNING), `JSON_QUERY` (input, path,
 *   wrapper, on empty, on error, RETURNING), `JSON_OBJECT` (on null, key, value, ...), `JSON_ARRAY` (on null, item...)
 */
const scalarTopics: readonly (readonly ScalarFunction[])[] = [
  comparisonFunctions,
  logicFunctions,
  conditionalFunctions,
  arithmeticFunctions,
  decimalSumFunctions,
  mathFunctions,
  roundingFunctions,
  randomFunctions,
  typeOfFunctions,
  printFunctions,
  currentDatabaseFunctions,
  concatFunctions,
  letterCaseFunctions,
  textPositionFunctions,
  substringFunctions,
  trimFunctions,
  padFunctions,
  replaceFunctions,
  splitFunctions,
  likeFunctions,
  regexpFunctions,
  characterKindFunctions,
  printfFunctions,
  encodingFunctions,
  urlFunctions,
  hashFunctions,
  hashCodeFunctions,
  extractFunctions,
  temporalArithmeticFunctions,
  overlapsFunctions,
  timeFromTextFunctions,
  dateFormatFunctions,
  unixTimeFunctions,
  nowFunctions,
  [currentWatermark],
  nestedConstructorFunctions,
  nestedAccessFunctions,
  objectFunctions,
  arrayFunctions,
  mapFunctions,
  jsonFunctions,
  jsonConstructorFunctions,
  jsonQuoteFunctions,
  variantFunctions,
  lengthEnforcementFunctions,
];

const aggregateTopics: readonly (readonly AggregateFunction[])[] = [
  [count, sum, sum0, average, min, max],
  [firstValue, lastValue, listagg, singleValue],
  [arrayAgg, collect, jsonArrayAgg, jsonObjectAgg, percentileFunction],
  [stddevPop, stddevSamp, varPop, varSamp],
];

/** Every scalar function once, in the order of the topics. */
export const scalarFunctions: readonly ScalarFunction[] = scalarTopics.flat();

/** Every aggregate function once. */
export const aggregateFunctions: readonly AggregateFunction[] = aggregateTopics.flat();

const scalars = byName(scalarFunctions);
const aggregates = byName(aggregateFunctions);

/** Entries that look like calls and are none: `\`and\`(a, b)` is no SQL. */
export const operatorWords: ReadonlySet<string> = new Set(
  'AND OR NOT LIKE ILIKE CASE IN ITEM ROW OVERLAPS MINUS_DATE'.split(' '),
);

/** The entry of a name or alias; case does not count. */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return scalars.get(name.toUpperCase());
}

/** The entry of a name or alias; case does not count. */
export function aggregateFunction(name: string): AggregateFunction | undefined {
  return aggregates.get(name.toUpperCase());
}

/** The names that a user can write in a call, sorted: for SHOW FUNCTIONS and "did you mean". */
export function functionNames(): readonly string[] {
  const names = [...scalars.keys(), ...aggregates.keys()].filter(
    (name) => /^[A-Z][A-Z0-9_]*$/.test(name) && !operatorWords.has(name),
  );
  return [...new Set(names)].sort();
}

function byName<F extends ScalarFunction | AggregateFunction>(entries: readonly F[]): ReadonlyMap<string, F> {
  const named = new Map<string, F>();
  for (const entry of entries) {
    for (const name of [entry.name, ...(entry.aliases ?? [])]) {
      if (named.has(name)) throw new Error(`two functions are called ${name}`);
      named.set(name, entry);
    }
  }
  return named;
}
