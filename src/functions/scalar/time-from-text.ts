import { DATE, type SqlType, TIMESTAMP, TIMESTAMP_LTZ } from '../../types/sql-type.ts';
import { type Zone, zoneLocalToUtc, zoneNamed } from '../../types/zone.ts';
import { type I32, i32, i64 } from '../../wasm/code.ts';
import { isNumeric } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { daysOf } from './calendar-fields.ts';
import { parseClock } from './date-pattern-parse.ts';
import { parseInstant } from './simple-date-format.ts';

/** TO_TIMESTAMP, TO_TIMESTAMP_LTZ and TO_DATE. */

/** A kernel's parse of a text to milliseconds at the result address; the status is 0 where it could. */
function writeParsed(w: ExpressionWriter, type: SqlType, status: I32): Value {
  const failed = w.f.local('i32', i32.ne(status, i32.const(0)));
  return w.value(type, failed, i64.load(w.resultAddress));
}

/**
 * A literal pattern of exactly `yyyy-MM-dd HH:mm:ss`, with `T`, a fraction or `Z`, is read by the kernel; what that does
 * not read, and other patterns, by JavaScript.
 */
function writeWithPattern(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pattern] = args as readonly [Value, Value];
  const shape = typeof pattern.constant === 'string' ? fastShape(pattern.constant) : null;
  const slowly = () => w.host(([value, format]) => timestampByPattern(value, format), [text, pattern], type);
  if (shape === null) return slowly();
  const { f } = w;
  const [address, length] = w.bytes(text);
  const result = w.variable(type);
  const isRead = f.local('i32', i32.const(0));
  f.if(i32.eq(length, i32.const(shape.length)), () => {
    const status = w.kernel(
      'timestampParseFast',
      'i32',
      address,
      length,
      i32.const(3),
      i32.const(shape.separator),
      i32.const(shape.zulu),
      w.resultAddress,
    );
    f.if(i32.eqz(status), () => {
      f.set(isRead, i32.const(1));
      w.assign(result, w.value(type, null, i64.load(w.resultAddress)));
    });
  });
  f.if(i32.eqz(isRead), () => w.assign(result, slowly()));
  return result;
}

function fastShape(
  pattern: string,
): { readonly length: number; readonly separator: number; readonly zulu: number } | null {
  const match = /^yyyy-MM-dd( |'T')HH:mm:ss(?:\.(S{1,9}))?('Z')?$/.exec(pattern);
  if (match === null) return null;
  const zulu = match[3] === undefined ? 0 : 1;
  const fraction = match[2] === undefined ? 0 : match[2].length + 1;
  return { length: 19 + fraction + zulu, separator: match[1] === ' ' ? 0x20 : 0x54, zulu };
}

/** Milliseconds of the wall clock, or null. What the pattern does not fit is read as java.sql.Timestamp and Date read it. */
function timestampByPattern(text: HostValue | undefined, pattern: HostValue | undefined): bigint | null {
  let clock: ReturnType<typeof parseClock>;
  try {
    clock = parseClock(String(text), String(pattern));
  } catch {
    return null;
  }
  if (clock !== null) return BigInt(clock.days) * 86_400_000n + clock.nanos / 1_000_000n;
  return sqlTimestamp(String(text).trim());
}

/** `yyyy-M?M-d?d[ h:m:s[.f]]` where the time of day may run over. */
function sqlTimestamp(text: string): bigint | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d+):(\d+):(\d+)(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (month! < 1 || month! > 12 || day! < 1 || day! > 31) return null;
  const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const seconds = hour * 3600 + minute * 60 + second;
  return BigInt(daysOf(year!, month!, day!)) * 86_400_000n + BigInt(seconds * 1000 + millis);
}

const patternParams = [character('text'), character('pattern')];

export const toTimestamp: ScalarFunction = {
  name: 'TO_TIMESTAMP',
  category: 'temporal',
  summary:
    'The TIMESTAMP(3) that a text names, read as `yyyy-MM-dd[ HH:mm:ss[.fff]]` or by a pattern of java.time.format.DateTimeFormatter; NULL where it names none.',
  examples: [
    { sql: "TO_TIMESTAMP('2024-02-29 13:14:15.123')", result: '2024-02-29 13:14:15.123' },
    { sql: "TO_TIMESTAMP('29.02.2024 13:14', 'dd.MM.yyyy HH:mm')", result: '2024-02-29 13:14:00.000' },
    { sql: "TO_TIMESTAMP('soon')", result: null },
  ],
  overloads: [
    {
      params: [character('text')],
      returns: () => TIMESTAMP(3),
      code: {
        kind: 'wasm',
        write: (w, [text], type) =>
          writeParsed(w, type, w.kernel('timestampParse', 'i32', ...w.bytes(text!), i32.const(3), w.resultAddress)),
      },
    },
    { params: patternParams, returns: () => TIMESTAMP(3), code: { kind: 'wasm', write: writeWithPattern } },
  ],
};

/** The instants of 0000-01-01 and of the end of 9999, in seconds. */
const secondsMin = -62_167_219_200n;
const secondsMax = 253_402_300_799n;

const count = parameter('count', 'NUMERIC', (type) =>
  isNumeric(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);
const precision = parameter('precision', '0 (seconds) or 3 (milliseconds)', (type, { literals }) => {
  if (type.kind !== 'INT' && type.kind !== 'TINYINT' && type.kind !== 'SMALLINT') return null;
  const literal = literals[1];
  const isKnown = literal === undefined || literal === null || literal === 0 || literal === 3;
  return isKnown ? { kind: 'INT', nullable: type.nullable } : null;
});

function writeFromCount(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const { f } = w;
  const units = w.i64(args[0]!);
  const isSeconds = f.local('i32', i32.const(0));
  if (args[1] !== undefined) {
    const digits = w.i32(args[1]);
    f.set(isSeconds, i32.eqz(digits));
    f.if(i32.and(i32.ne(digits, i32.const(3)), i32.ne(digits, i32.const(0))), () =>
      w.fail('the precision of TO_TIMESTAMP_LTZ is 0 for seconds or 3 for milliseconds, and not {0}', args[1]!),
    );
  }
  const millis = f.local('i64', units);
  const isOutside = f.local('i32', outside(units, secondsMin * 1000n, secondsMax * 1000n + 999n));
  f.if(isSeconds, () => {
    f.set(isOutside, outside(units, secondsMin, secondsMax));
    f.set(millis, i64.mul(units, i64.const(1000n)));
  });
  return w.value(type, isOutside, millis);
}

function outside(value: ReturnType<ExpressionWriter['i64']>, low: bigint, high: bigint) {
  return i32.or(i64.ltS(value, i64.const(low)), i64.gtS(value, i64.const(high)));
}

export const toTimestampLtz: ScalarFunction = {
  name: 'TO_TIMESTAMP_LTZ',
  category: 'temporal',
  summary:
    'The instant, as TIMESTAMP_LTZ(3), of a number of milliseconds (or with 0 of seconds) since 1970, or of a text: read in UTC, or in the zone that is given.',
  examples: [
    { sql: 'TO_TIMESTAMP_LTZ(1700000000123)', result: '2023-11-14 22:13:20.123' },
    { sql: 'TO_TIMESTAMP_LTZ(1700000000, 0)', result: '2023-11-14 22:13:20.000' },
    {
      sql: "TO_TIMESTAMP_LTZ('2024-02-29 13:14:15', 'yyyy-MM-dd HH:mm:ss', 'Asia/Tokyo')",
      result: '2024-02-29 04:14:15.000',
    },
  ],
  overloads: [
    { params: [count], returns: () => TIMESTAMP_LTZ(3), code: { kind: 'wasm', write: writeFromCount } },
    { params: [count, precision], returns: () => TIMESTAMP_LTZ(3), code: { kind: 'wasm', write: writeFromCount } },
    {
      params: [character('text')],
      returns: () => TIMESTAMP_LTZ(3),
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const status = w.kernel('timestampParse', 'i32', ...w.bytes(text!), i32.const(3), w.resultAddress);
          w.f.if(status, () => w.fail('{0} is no time: expected yyyy-MM-dd[ HH:mm:ss[.fff]]', text!));
          return w.value(type, null, i64.load(w.resultAddress));
        },
      },
    },
    { params: patternParams, returns: () => TIMESTAMP_LTZ(3), code: { kind: 'wasm', write: writeWithPattern } },
    {
      params: [...patternParams, character('zone')],
      returns: () => TIMESTAMP_LTZ(3),
      code: {
        kind: 'host',
        evaluate: ([text, pattern, name]) => {
          const zone = zoneNamed(String(name));
          const millis = timestampByPattern(text, pattern);
          return zone === null || millis === null ? null : BigInt(zoneLocalToUtc(zone, Number(millis)));
        },
      },
    },
  ],
};

/** What Flink gives for a text that a pattern does not fit: the day at which the least BIGINT of milliseconds ends up. */
const unreadableDay = daysOf(5471, 9, 27);

const dateByPattern: ScalarOverload = {
  params: patternParams,
  returns: () => DATE(),
  code: {
    kind: 'host',
    evaluate: ([text, pattern]) => {
      const instant = parseInstant(String(text), String(pattern), zoneNamed('UTC') as Zone);
      return instant === null ? unreadableDay : Math.floor(instant / 86_400_000);
    },
  },
};

export const toDate: ScalarFunction = {
  name: 'TO_DATE',
  category: 'temporal',
  summary:
    'The DATE that a text names, read as `yyyy-MM-dd` (NULL where it names none) or by a pattern of java.text.SimpleDateFormat (leniently).',
  examples: [
    { sql: "TO_DATE('2024-02-29')", result: '2024-02-29' },
    { sql: "TO_DATE('29/02/2024', 'dd/MM/yyyy')", result: '2024-02-29' },
    { sql: "TO_DATE('2023-02-29')", result: null },
  ],
  overloads: [
    {
      params: [character('text')],
      returns: () => DATE(),
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const failed = w.f.local('i32', w.kernel('dateParse', 'i32', ...w.bytes(text!), w.resultAddress));
          return w.value(type, i32.ne(failed, i32.const(0)), i32.load(w.resultAddress));
        },
      },
    },
    dateByPattern,
  ],
};

export const timeFromTextFunctions: readonly ScalarFunction[] = [toTimestamp, toTimestampLtz, toDate];
