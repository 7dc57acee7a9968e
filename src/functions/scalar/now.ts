import { DATE, type SqlType, TIME, TIMESTAMP, TIMESTAMP_LTZ } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { floorDivided, millisPerDay } from './temporal-value.ts';

/** The functions of the present. They read the processing-time clock for each row; DATE and TIME are the session zone's. */

function writeInstant(w: ExpressionWriter, type: SqlType): Value {
  return w.host(() => BigInt(w.session.processingTimeMs()), [], type);
}

function writeWallClock(w: ExpressionWriter): Value {
  const instant = writeInstant(w, TIMESTAMP_LTZ(3, false));
  return w.value(TIMESTAMP(3, false), null, w.kernel('zoneToLocal', 'i64', w.zone, w.i64(instant)));
}

function present(
  name: string,
  aliases: readonly string[],
  type: SqlType,
  summary: string,
  write: (w: ExpressionWriter) => Value,
  example: string,
): ScalarFunction {
  return {
    name,
    aliases,
    category: 'temporal',
    deterministic: false,
    summary,
    examples: [{ sql: example, result: 'TRUE' }],
    overloads: [{ params: [], returns: () => type, code: { kind: 'wasm', write } }],
  };
}

const instantType = TIMESTAMP_LTZ(3, false);

export const currentTimestamp = present(
  'CURRENT_TIMESTAMP',
  ['NOW', 'CURRENT_ROW_TIMESTAMP', 'PROCTIME'],
  instantType,
  'The present instant.',
  (w) => writeInstant(w, instantType),
  'CURRENT_TIMESTAMP >= TO_TIMESTAMP_LTZ(1700000000, 0)',
);

export const localTimestamp = present(
  'LOCALTIMESTAMP',
  [],
  TIMESTAMP(3, false),
  'The present time on the session zone’s wall clock.',
  writeWallClock,
  "LOCALTIMESTAMP >= TIMESTAMP '2024-01-01 00:00:00'",
);

export const currentDate = present(
  'CURRENT_DATE',
  [],
  DATE(false),
  'The present date in the session zone.',
  (w) => w.value(DATE(false), null, i32.wrapI64(floorDivided(w, w.i64(writeWallClock(w)), millisPerDay))),
  "CURRENT_DATE >= DATE '2024-01-01'",
);

export const localTime = present(
  'LOCALTIME',
  ['CURRENT_TIME'],
  TIME(0, false),
  'The present time of day in the session zone, to the second.',
  (w) => {
    const millis = w.i64(writeWallClock(w));
    const seconds = i64.remU(floorDivided(w, millis, 1000n), i64.const(86_400n));
    return w.value(TIME(0, false), null, i32.mul(i32.wrapI64(seconds), i32.const(1000)));
  },
  "LOCALTIME BETWEEN TIME '00:00:00' AND TIME '23:59:59'",
);

export const nowFunctions: readonly ScalarFunction[] = [currentTimestamp, localTimestamp, currentDate, localTime];
