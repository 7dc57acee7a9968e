import { BIGINT, type SqlType, STRING } from '../../types/sql-type.ts';
import { type Zone, zoneNamed } from '../../types/zone.ts';
import { i32, i64 } from '../../wasm/code.ts';
import { isInteger } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostCall, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { clockProgram } from './clock-pattern.ts';
import { defaultPattern } from './date-format.ts';
import { formatInstant, parseInstant } from './simple-date-format.ts';

/** Seconds since 1970 and their text in the session zone, by patterns of java.text.SimpleDateFormat. */

const leastBigint = -(2n ** 63n);
const defaultBytes = Buffer.from(defaultPattern);

function sessionZone({ timeZone }: HostCall): Zone {
  return zoneNamed(timeZone) ?? (zoneNamed('UTC') as Zone);
}

export const unixTimestamp: ScalarFunction = {
  name: 'UNIX_TIMESTAMP',
  category: 'temporal',
  deterministic: false,
  summary:
    'The seconds since 1970 of now, or of a text in the session zone; the least BIGINT where the text is no time.',
  examples: [{ sql: "UNIX_TIMESTAMP('2024-02-29', 'yyyy-MM-dd')", result: '1709164800' }],
  overloads: [
    {
      params: [],
      returns: () => BIGINT(false),
      code: {
        kind: 'wasm',
        write: (w, _args, type) => w.host(() => BigInt(Math.floor(w.session.processingTimeMs() / 1000)), [], type),
      },
    },
    {
      params: [character('text'), character('pattern', { optional: true })],
      returns: () => BIGINT(false),
      code: {
        kind: 'host',
        evaluate: ([text, pattern], call) => {
          const format = pattern === undefined ? defaultPattern : String(pattern);
          const instant = parseInstant(String(text), format, sessionZone(call));
          return instant === null ? leastBigint : BigInt(Math.trunc(instant / 1000));
        },
      },
    },
  ],
};

/** Years that both calendars and all zone tables agree on: 1900 to 9999. */
const plainMin = -2_208_902_400n;
const plainMax = 253_402_214_400n;

const integer = parameter('seconds', 'INTEGER', (type) =>
  isInteger(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);

function writeFromUnixtime(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [seconds, pattern] = args as readonly [Value, Value | undefined];
  const format = pattern ?? w.value(STRING(false), null, w.constant(defaultBytes), i32.const(defaultBytes.length));
  const literal = pattern === undefined ? defaultPattern : pattern.constant;
  const slowly = () =>
    w.host(
      ([count, text], call) => {
        // The product wraps, as a Java long does.
        const millis = BigInt.asIntN(64, (count as bigint) * 1000n);
        return formatInstant(Number(millis), String(text), sessionZone(call));
      },
      [seconds, format],
      type,
    );
  const program = typeof literal === 'string' && /^[yMdHms\W]+$/.test(literal) ? programOf(literal) : null;
  if (program === null) return slowly();
  const { f } = w;
  const count = w.i64(seconds);
  const result = w.variable(type);
  const isPlain = i32.and(i64.geS(count, i64.const(plainMin)), i64.leS(count, i64.const(plainMax)));
  f.if(
    isPlain,
    () => {
      const local = w.kernel('zoneToLocal', 'i64', w.zone, i64.mul(count, i64.const(1000n)));
      const to = w.scratch(i32.const(Math.max(16, program.length * 9)));
      const length = w.kernel(
        'timestampWritePattern',
        'i32',
        local,
        i64.const(1000n),
        i32.const(0),
        w.constant(program),
        i32.const(program.length),
        to,
      );
      w.assign(result, w.value(type, null, to, length));
    },
    () => w.assign(result, slowly()),
  );
  return result;
}

function programOf(pattern: string): Uint8Array | null {
  try {
    return clockProgram(pattern);
  } catch {
    return null;
  }
}

export const fromUnixtime: ScalarFunction = {
  name: 'FROM_UNIXTIME',
  category: 'temporal',
  summary: 'The text of a number of seconds since 1970 in the session zone, `yyyy-MM-dd HH:mm:ss` or by a pattern.',
  examples: [
    { sql: 'FROM_UNIXTIME(1700000000)', result: '2023-11-14 22:13:20' },
    { sql: "FROM_UNIXTIME(1700000000, 'EEEE, d MMMM yyyy')", result: 'Tuesday, 14 November 2023' },
  ],
  overloads: [
    {
      params: [integer, character('pattern', { optional: true })],
      returns: () => STRING(),
      code: { kind: 'wasm', write: writeFromUnixtime },
    },
  ],
};

export const convertTz: ScalarFunction = {
  name: 'CONVERT_TZ',
  category: 'temporal',
  summary: 'A time as text, `yyyy-MM-dd HH:mm:ss`, from one zone in another; a zone that is not known counts as UTC.',
  examples: [
    { sql: "CONVERT_TZ('2024-07-01 12:00:00', 'UTC', 'America/New_York')", result: '2024-07-01 08:00:00' },
    { sql: "CONVERT_TZ('nonsense', 'UTC', 'Asia/Tokyo')", result: null },
  ],
  overloads: [
    {
      params: [character('text'), character('from'), character('to')],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([text, from, to]) => {
          const instant = parseInstant(String(text), defaultPattern, legacyZone(String(from)));
          return instant === null ? null : formatInstant(instant, defaultPattern, legacyZone(String(to)));
        },
      },
    },
  ],
};

/** As java.util.TimeZone: a bare offset is no zone. */
function legacyZone(name: string): Zone {
  const zone = /^[+-]/.test(name) ? null : zoneNamed(name);
  return zone ?? (zoneNamed('UTC') as Zone);
}

export const unixTimeFunctions: readonly ScalarFunction[] = [unixTimestamp, fromUnixtime, convertTz];
