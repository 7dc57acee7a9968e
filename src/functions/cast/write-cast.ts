import { lengthMax, type SqlType, STRING, sameType, type TextType } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import { isCharacter, isNumeric } from '../coercion.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeFromText } from './from-text.ts';
import { nestedCast, nestedToText } from './nested.ts';
import { asLong, writeNumber } from './number.ts';
import { writeTime } from './time.ts';
import { writeLength, writeText } from './to-text.ts';

/**
 * CAST of a value that is not NULL. What cannot be converted fails through `w.fail`, which under TRY_CAST gives NULL.
 * Source: Flink's documentation, "CAST", and the answers in test/flink/types.
 */
export function writeCast(
  w: ExpressionWriter,
  value: Value,
  type: SqlType,
  options: { readonly safe: boolean; readonly timeZone: string },
): Value {
  const from = value.type;
  if (sameType(from, type)) return { ...value, type };
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return toText(w, value, type, options.timeZone);
    case 'BINARY':
    case 'VARBINARY':
      return sized(w, value, type);
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
      if (isCharacter(from)) return writeFromText(w, value, type);
      return writeNumber(w, value, type);
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return isCharacter(from) ? writeFromText(w, value, type) : writeTime(w, value, type);
    case 'INTERVAL_YEAR_MONTH':
      return isNumeric(from) ? w.value(type, null, i32.wrapI64(asLong(w, value))) : { ...value, type };
    case 'INTERVAL_DAY_TIME':
      return isNumeric(from) ? w.value(type, null, i64.add(asLong(w, value), i64.const(0n))) : { ...value, type };
    default:
      return nestedCast(w, value, type, (part, to) => writeCast(w, part, to, options));
  }
}

function toText(w: ExpressionWriter, value: Value, type: TextType, timeZone: string): Value {
  const { kind } = value.type;
  if (isCharacter(value.type) || kind === 'BINARY' || kind === 'VARBINARY') return sized(w, value, type);
  const nested = kind === 'ARRAY' || kind === 'MAP' || kind === 'MULTISET' || kind === 'ROW' || kind === 'VARIANT';
  return sized(w, nested ? nestedToText(w, value, STRING(false), timeZone) : writeText(w, value), type);
}

function sized(w: ExpressionWriter, value: Value, type: TextType): Value {
  if (w.session.legacyCasts === true && type.kind === 'VARCHAR') return { ...value, type };
  return type.length === lengthMax ? { ...value, type } : writeLength(w, value, type);
}
