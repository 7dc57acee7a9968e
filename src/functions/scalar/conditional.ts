import { BOOLEAN, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f64, type I32, type I64, i32, i64, type Local, select } from '../../wasm/code.ts';
import { writeCast } from '../cast/write-cast.ts';
import { commonArgumentType, commonType, isBinary, isCharacter, isDatetime, isTimestamp } from '../coercion.ts';
import { any, boolean, common, parameter } from '../parameters.ts';
import { resolveScalar } from '../resolve.ts';
import type { Argument, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { equals, writeComparison } from './comparison.ts';
import { hasOrder } from './nested-order.ts';
import { sure } from './text-value.ts';

const nullable = (args: readonly SqlType[]): boolean => args.some((type) => type.nullable);

function shared(args: readonly SqlType[]): SqlType {
  const type = commonArgumentType(args);
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

/** Branches that are chosen among after all of them were computed. */
const chosenMax = 4;

function writeCase(w: ExpressionWriter, args: readonly Argument[], type: SqlType): Value {
  const { f } = w;
  const result = w.variable(type);
  if (args.length <= 2 * chosenMax + 1 && args.every(({ isCheap }) => isCheap)) {
    writeChoice(w, result, args);
    return result;
  }
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

/** Without branches, which a processor would guess wrong where the rows are mixed. */
function writeChoice(w: ExpressionWriter, result: Value, args: readonly Argument[]): void {
  const values = args.map((argument) => argument());
  w.assign(result, values.at(-1) as Value);
  for (let at = values.length - 3; at >= 0; at -= 2) {
    const [test, value] = [values[at] as Value, values[at + 1] as Value];
    const isTrue = w.f.local('i32', test.isNull === null ? w.i32(test) : i32.and(w.i32(test), i32.eqz(test.isNull)));
    for (const [part, target] of result.parts.entries()) {
      w.f.set(target, select(isTrue, value.parts[part] as Local<'i32'>, target as Local<'i32'>));
    }
    if (result.isNull !== null) w.f.set(result.isNull, select(isTrue, w.isNull(value), result.isNull));
  }
}

const ifFunction: ScalarFunction = {
  name: 'IF',
  category: 'conditional',
  summary: 'The second argument where the first is TRUE, else the third.',
  overloads: [
    {
      params: [boolean('condition'), branch('then'), branch('otherwise')],
      returns: (args) => withNullable(args[1] as SqlType, nullable(args)),
      code: { kind: 'lazy', write: writeCase },
    },
  ],
  examples: [{ sql: 'IF(1 < 2, 3, 4)', result: '3' }],
};

/** What IF does not take, though CASE does. */
const nested: ReadonlySet<SqlType['kind']> = new Set(['ARRAY', 'MAP', 'MULTISET', 'ROW']);

/** A branch of IF: the common type of the two, of two times the first. A bare NULL has no type. */
function branch(name: string) {
  return parameter(name, 'COMMON', (type, { args }) => {
    const [, then, otherwise] = args as readonly [SqlType, SqlType, SqlType];
    const both = commonType([then, otherwise]);
    if (both === null || then.kind === 'NULL' || otherwise.kind === 'NULL' || nested.has(both.kind)) return null;
    const isOfFirst =
      (isDatetime(then) && then.kind === otherwise.kind) || (isTimestamp(then) && isTimestamp(otherwise));
    return withNullable(isOfFirst ? then : both, type.nullable);
  });
}

/** The type that COALESCE and IFNULL find: a DATE or a TIME and a TIMESTAMP meet in the DATE or TIME. */
function mergedType(args: readonly SqlType[]): SqlType | null {
  const isNullable = nullable(args);
  const typed = args.filter((type) => type.kind !== 'NULL');
  const part = typed.find((type) => type.kind === 'DATE' || type.kind === 'TIME');
  if (part !== undefined && typed.every((type) => type.kind === part.kind || type.kind === 'TIMESTAMP')) {
    return withNullable(part, isNullable);
  }
  return commonArgumentType(args);
}

const merged = (name: string, options?: { readonly variadic: true }) =>
  parameter(
    name,
    'COMMON',
    (type, { args }) => {
      const both = mergedType(args);
      return both === null || both.kind === 'NULL' ? null : withNullable(both, type.nullable);
    },
    options,
  );

const coalesce: ScalarFunction = {
  name: 'COALESCE',
  category: 'conditional',
  summary: 'The first argument that is not NULL.',
  overloads: [
    {
      params: [merged('value', { variadic: true })],
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

/** A value that never is NULL is the result as it is, unless another physical form were needed. */
const present = parameter('value', 'COMMON', (type, { args }) => {
  const both = mergedType(args);
  if (both === null || both.kind === 'NULL') return null;
  return !type.nullable && isSameForm(type, both) ? type : withNullable(both, type.nullable);
});

function isSameForm(a: SqlType, b: SqlType): boolean {
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') return isSameForm(a.element, b.element);
  return (isCharacter(a) && isCharacter(b)) || (isBinary(a) && isBinary(b));
}

const ifNull: ScalarFunction = {
  name: 'IFNULL',
  category: 'conditional',
  summary: 'The first argument, or the second where the first is NULL.',
  overloads: [
    {
      params: [present, merged('otherwise')],
      returns: (args) =>
        withNullable(
          args[0]?.nullable === false ? args[0] : shared(args),
          args.every((type) => type.nullable),
        ),
      code: { kind: 'lazy', write: writeCoalesce },
    },
  ],
  examples: [{ sql: 'IFNULL(CAST(NULL AS INT), 2)', result: '2' }],
};

/** The value stays of the first argument's type; the second is compared as `=` does. */
const nullIf: ScalarFunction = {
  name: 'NULLIF',
  category: 'conditional',
  summary: 'NULL where both arguments are equal, else the first.',
  overloads: [
    {
      params: [
        any('value'),
        parameter('other', 'COMPARABLE', (type, { args, literals }) => equality(args, literals) !== null && type),
      ],
      returns: ([value]) => withNullable(value as SqlType, true),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, [value, other], type) => {
          const [a, b] = [value as Value, other as Value];
          const isNull = w.f.local('i32', w.isNull(a));
          w.f.if(i32.eqz(i32.or(isNull, w.isNull(b))), () => {
            const known = [sure(a), sure(b)];
            const { overload, argTypes } = equality([a.type, b.type], [a.constant, b.constant])!;
            const compared = known.map((each, at) =>
              writeCast(w, each, withNullable(argTypes[at]!, false), { safe: false, timeZone: w.session.timeZone }),
            );
            if (overload.code.kind !== 'wasm') throw new Error('= is written into the pipeline');
            w.f.set(isNull, w.i32(overload.code.write(w, compared, BOOLEAN(false))));
          });
          return w.value(type, isNull, ...a.parts);
        },
      },
    },
  ],
  examples: [{ sql: 'NULLIF(1, 1)', result: null }],
};

/** The overload of `=` that compares two types. */
function equality(types: readonly SqlType[], literals: readonly (HostValue | undefined)[]) {
  return resolveScalar(
    equals,
    types.map((type, at) => ({ type, isLiteral: literals[at] !== undefined, value: literals[at] })),
  );
}

function best(name: 'GREATEST' | 'LEAST', result: string): ScalarFunction {
  return {
    name,
    category: 'conditional',
    summary: `The ${name.toLowerCase()} of the arguments; NULL where one is.`,
    overloads: [
      {
        params: [ordered('value')],
        returns: (args) => withNullable(shared(args), false),
        code: {
          kind: 'wasm',
          write: (w, args, type) => {
            const found = w.variable(withNullable(type, false));
            w.assign(found, args[0] as Value);
            for (const value of args.slice(1)) {
              w.f.if(writeBetter(w, name, value, found), () => w.assign(found, value));
            }
            return found;
          },
        },
      },
    ],
    examples: [{ sql: `${name}(1, 3, 2)`, result }],
  };
}

/** The common type of all arguments, where it has an order. */
const ordered = (name: string) => {
  const shape = common(name, { variadic: true });
  return parameter(
    name,
    shape.text,
    (type, context) => {
      const accepted = shape.accepts(type, context);
      return accepted !== null && hasOrder(accepted) ? accepted : null;
    },
    { variadic: true },
  );
};

/** As `>` or `<`, and NaN is above all numbers, -0.0 below 0.0: the order of Java's Double.compare. */
function writeBetter(w: ExpressionWriter, name: 'GREATEST' | 'LEAST', value: Value, found: Value): I32 {
  if (value.physical !== 'f64' && value.physical !== 'f32') {
    return writeComparison(w, name === 'GREATEST' ? '>' : '<', value, found);
  }
  const [a, b] = [rank(w, value), rank(w, found)];
  return name === 'GREATEST' ? i64.gtS(a, b) : i64.ltS(a, b);
}

/** Bits of a double that order as Double.compare does. */
function rank(w: ExpressionWriter, value: Value): I64 {
  const x = value.physical === 'f64' ? w.f64(value) : w.f.local('f64', f64.promoteF32(w.f32(value)));
  const bits = w.f.local('i64', i64.reinterpretF64(x));
  const signed = select(i64.ltS(bits, i64.const(0n)), i64.xor(bits, i64.const(0x7fff_ffff_ffff_ffffn)), bits);
  return select(f64.ne(x, x), i64.const(0x7fff_ffff_ffff_ffffn), signed);
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
