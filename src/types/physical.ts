import type { SqlType } from './sql-type.ts';

/**
 * How a value of an SQL type stands in memory, in a column, a state row and in WebAssembly locals.
 *
 * | physical | bytes in a column | wasm locals | SQL types |
 * |---|---|---|---|
 * | `bool` | 1 (0 or 1) | i32 | BOOLEAN |
 * | `i8` `i16` `i32` | 1, 2, 4 | i32 (sign extended) | TINYINT, SMALLINT, INT, DATE (days since 1970), TIME (ms of day), INTERVAL YEAR TO MONTH (months) |
 * | `i64` | 8 | i64 | BIGINT; TIMESTAMP and TIMESTAMP_LTZ: ms since 1970 for p <= 3, us for p 4..6; INTERVAL DAY TO SECOND (ms) |
 * | `i128` | 16 (low half first) | i64 low, i64 high | DECIMAL (unscaled); TIMESTAMP and TIMESTAMP_LTZ with p 7..9 (ns) |
 * | `f32` `f64` | 4, 8 | f32, f64 | FLOAT, DOUBLE |
 * | `bytes` | 8 (u32 address, u32 length) | i32 address, i32 length | CHAR, VARCHAR (UTF-8), BINARY, VARBINARY; ARRAY, MAP, MULTISET, ROW, VARIANT (encoded, see `nested.ts`) |
 */
export type Physical = 'bool' | 'i8' | 'i16' | 'i32' | 'i64' | 'i128' | 'f32' | 'f64' | 'bytes';

/** The physical class of an SQL type. */
export function physicalOf(type: SqlType): Physical {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'NULL':
      return 'bool';
    case 'TINYINT':
      return 'i8';
    case 'SMALLINT':
      return 'i16';
    case 'INT':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'i32';
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return 'i64';
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return type.precision <= 6 ? 'i64' : 'i128';
    case 'FLOAT':
      return 'f32';
    case 'DOUBLE':
      return 'f64';
    case 'DECIMAL':
      return 'i128';
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
    case 'VARIANT':
      return 'bytes';
  }
}

/** Bytes that a value takes in a column or a state row. */
export const physicalWidth: Readonly<Record<Physical, number>> = {
  bool: 1,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  i128: 16,
  f32: 4,
  f64: 8,
  bytes: 8,
};

/** Units per second of a TIMESTAMP's stored count: 10^3, 10^6 or 10^9. */
export function timestampUnitsPerSecond(precision: number): number {
  return precision <= 3 ? 1e3 : precision <= 6 ? 1e6 : 1e9;
}
