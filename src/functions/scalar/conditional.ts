import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { commonType } from '../coercion.ts';
import { boolean, common, parameter } from '../parameters.ts';
import type { Argument, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeComparison } from './comparison.ts';

const nullable = (args: readonly SqlType[]): boolean => args.some((type) => type.nullable);

function shared(args: readonly SqlType[]): SqlType {
  const type = commonType(args);
  if (type === null) throw new Error('the arguments have no common type');
  return type;
}

/** Only the branch that is taken is computed. Arguments: condition, value, ..., otherwise. */
const caseFunction: ScalarFunction = {
  name: 'CASE',
  category: 'conditional',
  summary: 'The value of the first branch whose condition is TRUE.',
  overloads: [
    {
      params: [parameter('branch', 'ANY', () => true, { variadic: true })],
      returns: (args) => args.at(-1) as SqlType,
      code: { kind: 'lazy', write: writeCase },
    },
  ],
  examples: [{ sql: "CASE WHEN 1 < 2 THEN 'yes' ELSE 'no' END", result: 'yes' }],
};

function writeCase(w: ExpressionWriter, args: readonly Argument[], type: SqlType): Value {
  const { f } = w;
  const result = w.variable(type);
  f.block((done) => {
    for (let at = 0; at + 1 < args.length; at += 2) {
      const test = (args[at] as Argument)();
      const isTrue = test.isNull === null ? w.i32(test) : i32.and(w.i32(test), i32.eqz(test.isNull));
      f.if(isTrue, () => {
        w.assign(result, (args[at + 1] as Argument)());
        f.br(done);
      });
    }
    w.assign(result, (args.at(-1) as Argument)());
  });
  return result;
}

const ifFunction: ScalarFunction = {
  name: 'IF',
  category: 'conditional',
  summary: 'The second argument where the first is TRUE, else the third.',
  overloads: [
    {
      params: [boolean('condition'), branch('then'), branch('otherwise')],
      returns: ([, then, otherwise]) =>
        withNullable(
          shared([then as SqlType, otherwise as SqlType]),
          nullable([then as SqlType, otherwise as SqlType]),
        ),
      code: { kind: 'lazy', write: writeCase },
    },
  ],
  examples: [{ sql: 'IF(1 < 2, 3, 4)', result: '3' }],
};

/** A branch of IF: the common type of the two. */
function branch(name: string) {
  return parameter(name, 'COMMON', (type, { args }) => {
    const both = commonType(args.slice(1));
    return both === null || both.kind === 'NULL' ? null : withNullable(both, type.nullable);
  });
}

const coalesce: ScalarFunction = {
  name: 'COALESCE',
  category: 'conditional',
  summary: 'The first argument that is not NULL.',
  overloads: [
    {
      params: [common('value', { variadic: true })],
      returns: (args) =>
        withNullable(
          shared(args),
          args.every((type) => type.nullable),
        ),
      code: { kind: 'lazy', write: writeCoalesce },
    },
  ],
  examples: [{ sql: 'COALESCE(CAST(NULL AS INT), 2)', result: '2' }],
};

function writeCoalesce(w: ExpressionWriter, args: readonly Argument[], type: SqlType): Value {
  const { f } = w;
  const result = w.variable(type);
  f.block((done) => {
    for (const [at, argument] of args.entries()) {
      const value = argument();
      if (at === args.length - 1 || value.isNull === null) {
        w.assign(result, value);
        return;
      }
      f.if(i32.eqz(value.isNull), () => {
        w.assign(result, { ...value, isNull: null });
        f.br(done);
      });
    }
  });
  return result;
}

const ifNull: ScalarFunction = {
  name: 'IFNULL',
  category: 'conditional',
  summary: 'The first argument, or the second where the first is NULL.',
  overloads: [
    {
      params: [common('value'), common('otherwise')],
      returns: (args) =>
        withNullable(
          shared(args),
          args.every((type) => type.nullable),
        ),
      code: { kind: 'lazy', write: writeCoalesce },
    },
  ],
  examples: [{ sql: 'IFNULL(CAST(NULL AS INT), 2)', result: '2' }],
};

/** The value stays of the first argument's type; the second is only compared. */
const nullIf: ScalarFunction = {
  name: 'NULLIF',
  category: 'conditional',
  summary: 'NULL where both arguments are equal, else the first.',
  overloads: [
    {
      params: [common('value'), common('other')],
      returns: ([value]) => withNullable(value as SqlType, true),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, [value, other], type) => {
          const [a, b] = [value as Value, other as Value];
          const isNull = w.f.local('i32', w.isNull(a));
          w.f.if(i32.eqz(i32.or(isNull, w.isNull(b))), () => w.f.set(isNull, writeComparison(w, '=', a, b)));
          return w.value(type, isNull, ...a.parts);
        },
      },
    },
  ],
  examples: [{ sql: 'NULLIF(1, 1)', result: null }],
};

function best(name: 'GREATEST' | 'LEAST', result: string): ScalarFunction {
  return {
    name,
    category: 'conditional',
    summary: `The ${name.toLowerCase()} of the arguments; NULL where one is.`,
    overloads: [
      {
        params: [common('value', { variadic: true })],
        returns: (args) => withNullable(shared(args), false),
        code: {
          kind: 'wasm',
          write: (w, args, type) => {
            const found = w.variable(withNullable(type, false));
            w.assign(found, args[0] as Value);
            for (const value of args.slice(1)) {
              w.f.if(writeComparison(w, name === 'GREATEST' ? '>' : '<', value, found), () => w.assign(found, value));
            }
            return found;
          },
        },
      },
    ],
    examples: [{ sql: `${name}(1, 3, 2)`, result }],
  };
}

export const conditionalFunctions: readonly ScalarFunction[] = [
  caseFunction,
  ifFunction,
  coalesce,
  ifNull,
  nullIf,
  best('GREATEST', '3'),
  best('LEAST', '1'),
];
