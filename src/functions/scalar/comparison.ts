import { BIGINT, BOOLEAN, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, type I32, i32, i64, ifElse } from '../../wasm/code.ts';
import { writeFromText } from '../cast/from-text.ts';
import {
  commonArgumentType,
  commonType,
  isCharacter,
  isDatetime,
  isInteger,
  isInterval,
  isNumeric,
  isTimestamp,
} from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { hasEntries, hasOrder, sameEntries } from './nested-order.ts';
import { standsAt } from './text-value.ts';

type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Two values of one type. Text by its UTF-16 units, binary by unsigned bytes, NaN as Java's operators have it. */
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
  if (hasEntries(a.type)) {
    const equal = w.i32(w.host(([x, y]) => sameEntries(x, y, a.type, b.type), [a, b], BOOLEAN(false)));
    return operator === '<>' ? i32.eqz(equal) : equal;
  }
  const [address, length] = w.bytes(a);
  const [other, otherLength] = w.bytes(b);
  if (operator === '=' || operator === '<>') {
    const equal = ifElse(i32.eq(length, otherLength), sameBytes(w, a, b), i32.const(0));
    return operator === '=' ? equal : i32.eqz(equal);
  }
  const order = w.kernel(
    isCharacter(a.type) ? 'textCompareUtf16' : 'bytesCompare',
    'i32',
    address,
    length,
    other,
    otherLength,
  );
  return i32Tests[operator](order, i32.const(0));
}

/** Whether two texts or binary values of one length are equal. */
function sameBytes(w: ExpressionWriter, a: Value, b: Value): I32 {
  const [address, length] = w.bytes(a);
  const [other] = w.bytes(b);
  if (typeof b.constant === 'string') return standsAt(w, Buffer.from(b.constant, 'utf8'), address);
  if (typeof a.constant === 'string') return standsAt(w, Buffer.from(a.constant, 'utf8'), other);
  return w.kernel('bytesEqual', 'i32', address, other, length);
}

/** Both sides as their common type; only what `<` and the like order, where it is one of them. */
const comparable = (name: string, operator: Comparison = '=') =>
  parameter(name, 'COMPARABLE', (type, { args, literals }) => {
    const common =
      (args.every(isTimestamp) ? commonArgumentType : commonType)(args) ?? textBeside(args, literals, operator);
    if (common === null) return null;
    // NULL = NULL: two truths that nobody knows.
    if (common.kind === 'NULL') return BOOLEAN();
    if (isOrdering(operator) && !hasOrder(common)) return null;
    return withNullable(common, type.nullable);
  });

function isOrdering(operator: Comparison): boolean {
  return operator !== '=' && operator !== '<>';
}

/**
 * Flink reads a literal text beside a time, and any text beside what it orders: whole numbers as BIGINT. For `=` with a
 * text of a row see `timeAndText`.
 */
function textBeside(
  args: readonly SqlType[],
  literals: readonly (HostValue | undefined)[],
  operator: Comparison,
): SqlType | null {
  const other = args.find((type) => !isCharacter(type));
  const text = args.findIndex(isCharacter);
  if (other === undefined || text < 0) return null;
  if (!isOrdering(operator)) return isDatetime(other) && typeof literals[text] === 'string' ? other : null;
  if (isInteger(other)) return BIGINT();
  return isDatetime(other) || isNumeric(other) || other.kind === 'BOOLEAN' ? other : null;
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
    overloads: isOrdering(operator) ? [overload] : [overload, timeAndText(operator), otherAndText(operator)],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

/** One argument of a family and one text, in either order. */
function beside(name: string, text: string, family: (type: SqlType) => boolean) {
  return parameter(name, text, (type, { args }) => {
    const [a, b] = args as readonly [SqlType, SqlType];
    return (family(a) && isCharacter(b)) || (isCharacter(a) && family(b)) ? type : null;
  });
}

/** A time beside the text of a row: the text is read; one that is no time is neither equal nor unequal, as in Flink. */
function timeAndText(operator: Comparison): ScalarOverload {
  return {
    params: [beside('a', 'TIME_OR_TEXT', isDatetime), beside('b', 'TIME_OR_TEXT', isDatetime)],
    returns: () => BOOLEAN(false),
    code: {
      kind: 'wasm',
      write: (w, args) => {
        const [a, b] = args as readonly [Value, Value];
        return w.value(BOOLEAN(false), null, writeTimeAndText(w, operator, a, b));
      },
    },
  };
}

function writeTimeAndText(w: ExpressionWriter, operator: Comparison, a: Value, b: Value): I32 {
  const [text, time] = isCharacter(a.type) ? [a, b] : [b, a];
  const type = withNullable(time.type, true);
  const read = w.attempt(type, () => writeFromText(w, text, withNullable(type, false)));
  const truth = w.f.local('i32', i32.const(0));
  w.f.if(i32.eqz(w.isNull(read)), () => w.f.set(truth, writeComparison(w, operator, read, time)));
  return truth;
}

/** A BOOLEAN or an interval never equals a text; IN reads the text. */
function otherAndText(operator: Comparison): ScalarOverload {
  return {
    params: [beside('a', 'BOOLEAN_OR_TEXT', isNeverText), beside('b', 'BOOLEAN_OR_TEXT', isNeverText)],
    returns: () => BOOLEAN(false),
    code: {
      kind: 'wasm',
      write: (w) => w.value(BOOLEAN(false), null, i32.const(operator === '<>' ? 1 : 0)),
    },
  };
}

function isNeverText(type: SqlType): boolean {
  return type.kind === 'BOOLEAN' || isInterval(type);
}

/** Equal, with NULL a value like others. */
function writeSame(w: ExpressionWriter, a: Value, b: Value): I32 {
  if (a.isNull === null && b.isNull === null) return writeComparison(w, '=', a, b);
  const same = w.f.local('i32', i32.and(w.isNull(a), w.isNull(b)));
  w.f.if(i32.eqz(i32.or(w.isNull(a), w.isNull(b))), () => w.f.set(same, writeComparison(w, '=', a, b)));
  return same;
}

/** As `writeSame`, for a time, a BOOLEAN or an interval beside text. */
function writeSameAsText(w: ExpressionWriter, a: Value, b: Value): I32 {
  const same = w.f.local('i32', i32.and(w.isNull(a), w.isNull(b)));
  w.f.if(i32.eqz(i32.or(w.isNull(a), w.isNull(b))), () => {
    const isTime = isDatetime(a.type) || isDatetime(b.type);
    w.f.set(same, isTime ? writeTimeAndText(w, '=', a, b) : i32.const(0));
  });
  return same;
}

function distinction(name: string, negated: boolean, summary: string, example: string): ScalarFunction {
  return {
    name,
    category: 'comparison',
    summary,
    overloads: [
      distinctionOf([comparable('a'), comparable('b')], negated, writeSame),
      distinctionOf(
        [beside('a', 'TEXT_OR_OTHER', readable), beside('b', 'TEXT_OR_OTHER', readable)],
        negated,
        writeSameAsText,
      ),
    ],
    examples: [{ sql: example, result: 'TRUE' }],
  };
}

const readable = (type: SqlType): boolean => isDatetime(type) || isNeverText(type);

function distinctionOf(params: ScalarOverload['params'], negated: boolean, write: typeof writeSame): ScalarOverload {
  return {
    params,
    returns: () => BOOLEAN(false),
    nulls: 'custom',
    code: {
      kind: 'wasm',
      write: (w, args) => {
        const [a, b] = args as readonly [Value, Value];
        const same = write(w, a, b);
        return w.value(BOOLEAN(false), null, negated ? same : i32.eqz(same));
      },
    },
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

export const equals = comparison('=', 'Whether two values are equal.', "'a' = 'a'");

export const comparisonFunctions: readonly ScalarFunction[] = [
  equals,
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
