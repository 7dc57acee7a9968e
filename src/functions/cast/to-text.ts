import { type SqlType, STRING, type TextType } from '../../types/sql-type.ts';
import { type Code, i32, i64, type ValueType } from '../../wasm/code.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { localTimestamp } from './time.ts';

/** Room for the text of any number or time: the longest are doubles and timestamps before the year 0. */
const textBytesMax = 64;

/** A number, BOOLEAN, time or interval as text, as Flink's client prints it. */
export function writeText(w: ExpressionWriter, value: Value): Value {
  const { type } = value;
  const textType = STRING(false);
  if (type.kind === 'BOOLEAN') return booleanText(w, value, textType);
  const to = w.scratch(i32.const(textBytesMax));
  const formatted = (name: string, ...args: readonly Code<ValueType>[]): Value =>
    w.value(textType, null, to, w.kernel(name, 'i32', ...args));
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return formatted('numberFormatI64', to, i64.extendI32S(w.i32(value)));
    case 'BIGINT':
      return formatted('numberFormatI64', to, w.i64(value));
    case 'FLOAT':
      return formatted('floatFormatF32', to, w.f32(value));
    case 'DOUBLE':
      return formatted('floatFormatF64', to, w.f64(value));
    case 'DECIMAL':
      return formatted('decimalFormat', ...w.i128(value), i32.const(type.scale), to);
    case 'DATE':
      return formatted('dateFormat', w.i32(value), to);
    case 'TIME':
      return formatted('timeFormat', w.i32(value), i32.const(type.precision), to);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const local = localTimestamp(w, value);
      const precision = i32.const(type.precision);
      if (local.physical === 'i64') return formatted('timestampFormat', w.i64(local), precision, to);
      return formatted('timestampFormatNanos', ...w.i128(local), precision, to);
    }
    case 'INTERVAL_YEAR_MONTH':
      return formatted('intervalMonthsFormat', w.i32(value), to);
    case 'INTERVAL_DAY_TIME':
      return formatted('intervalMillisFormat', w.i64(value), to);
    default:
      throw new Error(`${type.kind} has no text of its own`);
  }
}

function booleanText(w: ExpressionWriter, value: Value, type: SqlType): Value {
  const truth = w.i32(value);
  const words = w.session.legacyCasts === true ? ['true', 'false'] : ['TRUE', 'FALSE'];
  const [yes, no] = words.map((text) => w.constant(new TextEncoder().encode(text)));
  if (yes === undefined || no === undefined) throw new Error('there are two truths');
  const address = w.f.local('i32', no);
  const length = w.f.local('i32', i32.const(5));
  w.f.if(truth, () => {
    w.f.set(address, yes);
    w.f.set(length, i32.const(4));
  });
  return w.value(type, null, address, length);
}

/** Cut to the length of the type, and for CHAR filled up with spaces; lengths are in code points. */
export function writeLength(w: ExpressionWriter, text: Value, type: TextType): Value {
  const [address, length] = w.bytes(text);
  const isBinary = type.kind === 'BINARY' || type.kind === 'VARBINARY';
  const { f } = w;
  const wanted = i32.const(type.length);
  const kept = f.local('i32', isBinary ? length : w.kernel('textOffset', 'i32', address, length, wanted));
  if (isBinary) f.if(i32.gtU(kept, wanted), () => f.set(kept, wanted));
  if (type.kind === 'VARCHAR' || type.kind === 'VARBINARY') return w.value(type, null, address, kept);
  const count = f.local('i32', isBinary ? kept : w.kernel('textLength', 'i32', address, kept));
  const padded = w.variable({ ...type, nullable: false });
  w.assign(padded, w.value({ ...type, nullable: false }, null, address, kept));
  f.if(i32.ltU(count, wanted), () => {
    const missing = f.local('i32', i32.sub(wanted, count));
    const to = w.scratch(i32.add(kept, missing));
    f.do(w.kernel('copyBytes', 'void', to, address, kept));
    const at = f.local('i32', i32.const(0));
    f.while(i32.ltU(at, missing), () => {
      f.do(i32.store8(i32.add(i32.add(to, kept), at), i32.const(isBinary ? 0 : 0x20)));
      f.set(at, i32.add(at, i32.const(1)));
    });
    w.assign(padded, w.value({ ...type, nullable: false }, null, to, i32.add(kept, missing)));
  });
  return { ...padded, type };
}
