import { BOOLEAN, type SqlType } from '../../types/sql-type.ts';
import { type I32, i32 } from '../../wasm/code.ts';
import { boolean } from '../parameters.ts';
import type { Argument, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** AND and OR in three values: the second side is computed only where the first does not decide. */
function connective(name: 'AND' | 'OR', summary: string, example: string): ScalarFunction {
  const deciding = name === 'AND' ? 0 : 1;
  return {
    name,
    category: 'logical',
    summary,
    overloads: [
      {
        params: [boolean('a'), boolean('b')],
        returns: (args) => BOOLEAN(args.some(({ nullable }) => nullable)),
        code: { kind: 'lazy', write: (w, args, type) => writeConnective(w, args, type, deciding) },
      },
    ],
    examples: [{ sql: example, result: name === 'AND' ? 'FALSE' : 'TRUE' }],
  };
}

function writeConnective(w: ExpressionWriter, args: readonly Argument[], type: SqlType, deciding: 0 | 1): Value {
  const [left, right] = args;
  if (left === undefined || right === undefined) throw new Error('a connective has two sides');
  const { f } = w;
  const a = left();
  const truth = f.local('i32', w.i32(a));
  const isNull = f.local('i32', w.isNull(a));
  const decided = (value: I32, unknown: I32): I32 => i32.and(i32.eqz(unknown), i32.eq(value, i32.const(deciding)));
  f.if(i32.eqz(decided(truth, isNull)), () => {
    const b = right();
    const value = w.i32(b);
    const unknown = w.isNull(b);
    // Neither side decides alone: the second may, else an unknown one makes all unknown.
    f.if(
      decided(value, unknown),
      () => {
        f.set(truth, i32.const(deciding));
        f.set(isNull, i32.const(0));
      },
      () => f.set(isNull, i32.or(isNull, unknown)),
    );
  });
  return w.value(type, type.nullable ? isNull : null, truth);
}

const not: ScalarFunction = {
  name: 'NOT',
  category: 'logical',
  summary: 'The opposite truth; UNKNOWN stays.',
  overloads: [
    {
      params: [boolean('a')],
      returns: () => BOOLEAN(false),
      code: { kind: 'wasm', write: (w, [a], type) => w.value(type, null, i32.eqz(w.i32(a as Value))) },
    },
  ],
  examples: [{ sql: 'NOT FALSE', result: 'TRUE' }],
};

/** `IS TRUE` and the like: never UNKNOWN themselves. */
function truthTest(name: string, test: (truth: I32, isNull: I32) => I32, example: string): ScalarFunction {
  return {
    name,
    category: 'logical',
    summary: `Whether a truth value ${name.toLowerCase().replace('is ', 'is ')}.`,
    overloads: [
      {
        params: [boolean('a')],
        returns: () => BOOLEAN(false),
        nulls: 'custom',
        code: {
          kind: 'wasm',
          write: (w, [a], type) => w.value(type, null, test(w.i32(a as Value), w.isNull(a as Value))),
        },
      },
    ],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

const isTrue = (truth: I32, isNull: I32): I32 => i32.and(truth, i32.eqz(isNull));
const isFalse = (truth: I32, isNull: I32): I32 => i32.and(i32.eqz(truth), i32.eqz(isNull));

export const logicFunctions: readonly ScalarFunction[] = [
  connective('AND', 'TRUE where both sides are.', 'TRUE AND FALSE'),
  connective('OR', 'TRUE where one side is.', 'TRUE OR FALSE'),
  not,
  truthTest('IS TRUE', isTrue, 'TRUE IS TRUE'),
  truthTest('IS NOT TRUE', (truth, isNull) => i32.eqz(isTrue(truth, isNull)), 'FALSE IS NOT TRUE'),
  truthTest('IS FALSE', isFalse, 'FALSE IS FALSE'),
  truthTest('IS NOT FALSE', (truth, isNull) => i32.eqz(isFalse(truth, isNull)), 'TRUE IS NOT FALSE'),
  truthTest('IS UNKNOWN', (_truth, isNull) => isNull, 'CAST(NULL AS BOOLEAN) IS UNKNOWN'),
  truthTest('IS NOT UNKNOWN', (_truth, isNull) => i32.eqz(isNull), 'TRUE IS NOT UNKNOWN'),
];
