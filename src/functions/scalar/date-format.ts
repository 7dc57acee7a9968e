import { type SqlType, STRING, type TimeType } from '../../types/sql-type.ts';
import { type Zone, zoneNamed } from '../../types/zone.ts';
import { i32, i64, type Local } from '../../wasm/code.ts';
import { isTimestamp } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { clockProgram, constantSeconds } from './clock-pattern.ts';
import { type ClockTime, formatClock } from './date-pattern-format.ts';
import { formatInstant, parseInstant } from './simple-date-format.ts';
import { wallClockOf } from './temporal-value.ts';

/** The default pattern of text with times. */
export const defaultPattern = 'yyyy-MM-dd HH:mm:ss';

/** Digits and constant text are written by the kernel; names, weeks and patterns that are computed by JavaScript. */
function writeDateFormat(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [time, pattern] = args as readonly [Value, Value];
  const program = typeof pattern.constant === 'string' ? programOf(pattern.constant) : null;
  if (program === null) return writeByHost(w, time, pattern, type);
  const { f } = w;
  const clock = wallClockOf(w, time);
  const result = w.variable(type);
  const show = (address: Local<'i32'>, length: Local<'i32'>): void =>
    w.assign(result, w.value(type, null, address, length));
  const write = (keep: (address: Local<'i32'>, length: Local<'i32'>) => void): void => {
    const to = w.scratch(i32.const(Math.max(16, program.length * 9)));
    const length = f.local(
      'i32',
      w.kernel(
        'timestampWritePattern',
        'i32',
        clock.units,
        i64.const(clock.unitsPerSecond),
        clock.nanoOfMilli ?? i32.const(0),
        w.constant(program),
        i32.const(program.length),
        to,
      ),
    );
    f.if(
      i32.geS(length, i32.const(0)),
      () => {
        show(to, length);
        keep(to, length);
      },
      () => w.assign(result, writeByHost(w, time, pattern, type)),
    );
  };
  const seconds = constantSeconds(program);
  if (seconds === null) {
    write(() => {});
    return result;
  }
  // Rows that come one behind the other are most often of one day or minute: its text stands until the batch is done.
  const units = i64.const(BigInt(seconds) * clock.unitsPerSecond);
  const [from, address, length] = [f.local('i64'), f.local('i32'), f.local('i32')];
  const isLast = i32.and(i32.ne(address, i32.const(0)), i64.ltU(i64.sub(clock.units, from), units));
  f.if(
    isLast,
    () => show(address, length),
    () =>
      write((to, bytes) => {
        const since = i64.remS(i64.add(i64.remS(clock.units, units), units), units);
        f.set(from, i64.sub(clock.units, since));
        f.set(address, to);
        f.set(length, bytes);
      }),
  );
  return result;
}

/** Null for a malformed pattern too: it fails at a row, as in Flink. */
function programOf(pattern: string): Uint8Array | null {
  try {
    return clockProgram(pattern);
  } catch {
    return null;
  }
}

function writeByHost(w: ExpressionWriter, time: Value, pattern: Value, type: SqlType): Value {
  const clock = wallClockOf(w, time);
  const { precision } = time.type as TimeType;
  const count = w.value({ kind: 'BIGINT', nullable: false }, null, clock.units);
  const nano = w.value({ kind: 'INT', nullable: false }, null, clock.nanoOfMilli ?? i32.const(0));
  return w.host(
    ([units, rest, text]) => formatClock(clockTime(units, rest, precision), String(text)),
    [count, nano, pattern],
    type,
  );
}

function clockTime(units: HostValue | undefined, nano: HostValue | undefined, precision: number): ClockTime {
  const count = BigInt(units as bigint);
  if (precision <= 3 || precision > 6) return { millis: Number(count), nanoOfMilli: Number(nano) };
  const millis = (count - (((count % 1000n) + 1000n) % 1000n)) / 1000n;
  return { millis: Number(millis), nanoOfMilli: Number(count - millis * 1000n) * 1000 };
}

export const dateFormat: ScalarFunction = {
  name: 'DATE_FORMAT',
  category: 'temporal',
  summary:
    'The time as text by a pattern of java.time.format.DateTimeFormatter; a text is read as `yyyy-MM-dd HH:mm:ss`.',
  examples: [
    { sql: "DATE_FORMAT(TIMESTAMP '2024-03-09 17:05:08.045', 'yyyy-MM-dd HH:mm')", result: '2024-03-09 17:05' },
    { sql: "DATE_FORMAT(TIMESTAMP '2024-03-09 17:05:08', 'E, d MMM yyyy')", result: 'Sat, 9 Mar 2024' },
  ],
  overloads: [
    {
      params: [parameter('time', 'TIMESTAMP', isTimestamp), character('pattern')],
      returns: () => STRING(),
      code: { kind: 'wasm', write: writeDateFormat },
    },
    {
      params: [character('time'), character('pattern')],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([text, pattern]) => {
          const utc = zoneNamed('UTC') as Zone;
          const instant = parseInstant(String(text), defaultPattern, utc);
          return instant === null ? null : formatInstant(instant, String(pattern), utc);
        },
      },
    },
  ],
};

export const dateFormatFunctions: readonly ScalarFunction[] = [dateFormat];
