import { describe, expect, test } from 'vitest';
import { catalogNames } from '../../src/functions/catalog-names.ts';
import { otherFunctions } from '../../src/functions/flink-functions.ts';
import { aggregateFunction, functionNames, scalarFunction } from '../../src/functions/registry.ts';

/**
 * What Flink lists under the name of a definition of its own: an operator of SQL, a function by another name, or a word of
 * its Table API, which its SQL calls unknown.
 */
const operators: Readonly<Record<string, string>> = {
  and: 'AND',
  or: 'OR',
  not: 'NOT',
  divide: '/',
  equals: '=',
  greaterThan: '>',
  greaterThanOrEqual: '>=',
  ifThenElse: 'IF',
  isFalse: 'IS FALSE',
  isNotFalse: 'IS NOT FALSE',
  isNotNull: 'IS NOT NULL',
  isNotTrue: 'IS NOT TRUE',
  isNull: 'IS NULL',
  isTrue: 'IS TRUE',
  lessThan: '<',
  lessThanOrEqual: '<=',
  minus: '-',
  minusPrefix: '-',
  notEquals: '<>',
  plus: '+',
  similar: 'SIMILAR TO',
  temporalOverlaps: 'OVERLAPS',
  times: '*',
  lowerCase: 'LOWER',
  upperCase: 'UPPER',
  streamRecordTimestamp: 'STREAMRECORD_TIMESTAMP',
  get: 'ITEM',
  at: 'ITEM',
  IS_JSON: 'IS JSON VALUE',
  JSON_ARRAYAGG_ABSENT_ON_NULL: 'JSON_ARRAYAGG',
  JSON_ARRAYAGG_NULL_ON_NULL: 'JSON_ARRAYAGG',
  JSON_OBJECTAGG_ABSENT_ON_NULL: 'JSON_OBJECTAGG',
  JSON_OBJECTAGG_NULL_ON_NULL: 'JSON_OBJECTAGG',
};

/** Syntax of SQL that the binder knows, and words of the Table API alone. */
const syntax = `between notBetween cast TRY_CAST DEFAULT as asc desc distinct end over flatten in rangeTo rowtime start
  withColumns withoutColumns reinterpretCast ASSIGNMENT sum0`.split(/\s+/);

/** `regexpExtract` is REGEXP_EXTRACT, `initCap` INITCAP. */
function spellings(name: string): readonly string[] {
  return [name.toUpperCase(), name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()];
}

describe('what Flink lists in SHOW FUNCTIONS', () => {
  const calls = catalogNames.filter((name) => !syntax.includes(name));

  test('each has an entry, or is refused by its name with the reason', () => {
    const missing = calls.filter((name) => {
      const words = [operators[name] ?? '', ...spellings(name)];
      return !words.some(
        (word) => (scalarFunction(word) ?? aggregateFunction(word) ?? otherFunctions.get(word)) !== undefined,
      );
    });
    expect(missing).toEqual([]);
  });

  test('nothing is excused that has an entry', () => {
    const entries = syntax.filter((name) => functionNames().includes(name.toUpperCase()));
    expect(entries).toEqual([]);
    expect(Object.keys(operators).filter((name) => !catalogNames.includes(name))).toEqual([]);
    expect([...otherFunctions.keys()].filter((name) => functionNames().includes(name))).toEqual([]);
  });
});
