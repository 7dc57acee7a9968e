import { BOOLEAN, type SqlType } from '../../types/sql-type.ts';
import { f32, f64, type I32, i32, i64, ifElse } from '../../wasm/code.ts';
import { commonType, isCharacter, isDatetime, isNumeric } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';

type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Two values of one physical class. Text by UTF-8 bytes, binary by unsigned bytes, NaN as Java's operators have it. */
export function writeComparison(w: ExpressionWriter, operator: Comparison, a: Value, b: Value): I32 {
  switch (a.physical) {
    case 'i64':
      return i64Tests[operator](w.i64(a), w.i64(b));
    case 'f32':
      return f32Tests[operator](w.f32(a), w.f32(b));
    case 'f64':
      return f64Tests[operator](w.f64(a), w.f64(b));
    case 'i128':
      return compare128(w, operator, a, b);
    case 'bytes':
      return compareBytes(w, operator, a, b);
    default:
      return i32Tests[operator](w.i32(a), w.i32(b));
  }
}

const i32Tests = { '=': i32.eq, '<>': i32.ne, '<': i32.ltS, '<=': i32.leS, '>': i32.gtS, '>=': i32.geS };
const i64Tests = { '=': i64.eq, '<>': i64.ne, '<': i64.ltS, '<=': i64.leS, '>': i64.gtS, '>=': i64.geS };
const f32Tests = { '=': f32.eq, '<>': f32.ne, '<': f32.lt, '<=': f32.le, '>': f32.gt, '>=': f32.ge };
const f64Tests = { '=': f64.eq, '<>': f64.ne, '<': f64.lt, '<=': f64.le, '>': f64.gt, '>=': f64.ge };

function compare128(w: ExpressionWriter, operator: Comparison, a: Value, b: Value): I32 {
  const [aLow, aHigh] = w.i128(a);
  const [bLow, bHigh] = w.i128(b);
  if (operator === '=' || operator === '<>') {
    const equal = i32.and(i64.eq(aLow, bLow), i64.eq(aHigh, bHigh));
    return operator === '=' ? equal : i32.eqz(equal);
  }
  const same = i64.eq(aHigh, bHigh);
  const low = { '<': i64.ltU, '<=': i64.leU, '>': i64.gtU, '>=': i64.geU }[operator](aLow, bLow);
  const high = operator === '<' || operator === '<=' ? i64.ltS(aHigh, bHigh) : i64.gtS(aHigh, bHigh);
  return i32.or(high, i32.and(same, low));
}

function compareBytes(w: ExpressionWriter, operator: Comparison, a: Value, b: Value): I32 {
  const [address, length] = w.bytes(a);
  const [other, otherLength] = w.bytes(b);
  if (operator === '=' || operator === '<>') {
    const equal = ifElse(
      i32.eq(length, otherLength),
      w.kernel('bytesEqual', 'i32', address, other, length),
      i32.const(0),
    );
    return operator === '=' ? equal : i32.eqz(equal);
  }
  const order = w.kernel('bytesCompare', 'i32', address, length, other, otherLength);
  return i32Tests[operator](order, i32.const(0));
}

/** Both sides as their common type; text and numbers only meet where `textAsNumber`. */
const comparable = (name: string, operator: Comparison = '=') =>
  parameter(name, 'COMPARABLE', (type, { args }) => {
    const common = commonType(args) ?? textBeside(args, operator);
    if (common === null || common.kind === 'NULL') return null;
    return { ...common, nullable: type.nullable } as SqlType;
  });

/** Flink reads the text beside a time, and beside a number where it orders. */
function textBeside(args: readonly SqlType[], operator: Comparison): SqlType | null {
  const other = args.find((type) => !isCharacter(type));
  if (other === undefined || !args.some(isCharacter)) return null;
  const ordered = operator !== '=' && operator !== '<>';
  return isDatetime(other) || (ordered && isNumeric(other)) ? other : null;
}

function comparison(operator: Comparison, summary: string, example: string): ScalarFunction {
  const overload: ScalarOverload = {
    params: [comparable('a', operator), comparable('b', operator)],
    returns: () => BOOLEAN(false),
    code: {
      kind: 'wasm',
      write: (w, [a, b]) => w.value(BOOLEAN(false), null, writeComparison(w, operator, a as Value, b as Value)),
    },
  };
  return {
    name: operator,
    category: 'comparison',
    summary,
    overloads: [overload],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

/** Equal, with NULL a value like others. */
function writeSame(w: ExpressionWriter, a: Value, b: Value): I32 {
  if (a.isNull === null && b.isNull === null) return writeComparison(w, '=', a, b);
  const same = w.f.local('i32', i32.and(w.isNull(a), w.isNull(b)));
  w.f.if(i32.eqz(i32.or(w.isNull(a), w.isNull(b))), () => w.f.set(same, writeComparison(w, '=', a, b)));
  return same;
}

function distinction(name: string, negated: boolean, summary: string, example: string): ScalarFunction {
  return {
    name,
    category: 'comparison',
    summary,
    overloads: [
      {
        params: [comparable('a'), comparable('b')],
        returns: () => BOOLEAN(false),
        nulls: 'custom',
        code: {
          kind: 'wasm',
          write: (w, [a, b]) => {
            const same = writeSame(w, a as Value, b as Value);
            return w.value(BOOLEAN(false), null, negated ? same : i32.eqz(same));
          },
        },
      },
    ],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

function nullTest(name: string, negated: boolean, example: string): ScalarFunction {
  return {
    name,
    category: 'comparison',
    summary: `Whether a value is ${negated ? 'not ' : ''}NULL.`,
    overloads: [
      {
        params: [parameter('value', 'ANY', () => true)],
        returns: () => BOOLEAN(false),
        nulls: 'custom',
        code: {
          kind: 'wasm',
          write: (w, [value]) => {
            const isNull = w.isNull(value as Value);
            return w.value(BOOLEAN(false), null, negated ? i32.eqz(isNull) : isNull);
          },
        },
      },
    ],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

export const comparisonFunctions: readonly ScalarFunction[] = [
  comparison('=', 'Whether two values are equal.', "'a' = 'a'"),
  comparison('<>', 'Whether two values differ.', '1 <> 2'),
  comparison('<', 'Whether the first value is below the second.', '1 < 2'),
  comparison('<=', 'Whether the first value is below the second or equal.', '2 <= 2'),
  comparison('>', 'Whether the first value is above the second.', '2 > 1'),
  comparison('>=', 'Whether the first value is above the second or equal.', '2 >= 2'),
  distinction(
    'IS DISTINCT FROM',
    false,
    'Whether two values differ, NULL a value like others.',
    '1 IS DISTINCT FROM 2',
  ),
  distinction(
    'IS NOT DISTINCT FROM',
    true,
    'Whether two values are equal, NULL a value like others.',
    '1 IS NOT DISTINCT FROM 1',
  ),
  nullTest('IS NULL', false, 'CAST(NULL AS INT) IS NULL'),
  nullTest('IS NOT NULL', true, '1 IS NOT NULL'),
];
