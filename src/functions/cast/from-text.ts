import { type SqlType, type TimeType, typeText, withNullable } from '../../types/sql-type.ts';
import { f32, f64, i32, i64, type Local } from '../../wasm/code.ts';
import { resultHalves } from '../decimal-value.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeTime } from './time.ts';

/** What a parsing kernel answered: the code of success, and what to say for others. */
interface Reading {
  readonly status: Local<'i32'>;
  /** The status of a text that was read. */
  readonly ok: number;
  /** Messages by status, where `{0}` is the text; the last line is for all others. */
  readonly faults: readonly (readonly [status: number | null, message: string])[];
  /** The value, once the status is known to be right. */
  readonly value: () => Value;
}

/** Text to a number, BOOLEAN or time. A text that cannot be read fails. */
export function writeFromText(w: ExpressionWriter, text: Value, type: SqlType): Value {
  const { status, ok, faults, value } = readText(w, text, type);
  w.f.if(i32.ne(status, i32.const(ok)), () => {
    const last = faults.at(-1);
    for (const [fault, message] of faults.slice(0, -1)) {
      w.f.if(i32.eq(status, i32.const(fault ?? -1)), () => w.fail(message, text));
    }
    w.fail(last?.[1] ?? '', text);
  });
  return value();
}

function readText(w: ExpressionWriter, text: Value, type: SqlType): Reading {
  const [address, length] = w.bytes(text);
  const at = w.resultAddress;
  const name = typeText(withNullable(type, true));
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT': {
      const bits = { TINYINT: 8n, SMALLINT: 16n, INT: 32n, BIGINT: 64n }[type.kind];
      const most = 2n ** (bits - 1n) - 1n;
      const read = w.kernel('numberCastI64', 'i32', address, length, i64.const(-most - 1n), i64.const(most), at);
      return {
        status: w.f.local('i32', read),
        ok: 1,
        faults: [
          [4, `{0} is out of range of ${name}`],
          [null, `{0} is no ${name}`],
        ],
        value: () => w.value(type, null, type.kind === 'BIGINT' ? i64.load(at) : i32.wrapI64(i64.load(at))),
      };
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const wide = i32.const(type.kind === 'DOUBLE' ? 1 : 0);
      return {
        status: w.f.local('i32', w.kernel('numberCastF64', 'i32', address, length, wide, at)),
        ok: 1,
        faults: [[null, `{0} is no ${name}`]],
        value: () => w.value(type, null, type.kind === 'DOUBLE' ? f64.load(at) : f32.demoteF64(f64.load(at))),
      };
    }
    case 'DECIMAL': {
      const [from, count] = trimmed(w, address, length);
      const read = w.kernel('decimalParse', 'i32', from, count, i32.const(type.precision), i32.const(type.scale), at);
      return {
        status: w.f.local('i32', read),
        ok: 1,
        faults: [
          [0, `{0} is out of range of ${name}`],
          [null, `{0} is no ${name}`],
        ],
        value: () => w.value(type, null, ...resultHalves(w)),
      };
    }
    case 'BOOLEAN': {
      const status = w.f.local('i32', w.kernel('booleanParse', 'i32', address, length));
      return {
        status: w.f.local('i32', i32.geS(status, i32.const(0))),
        ok: 1,
        faults: [[null, '{0} is no BOOLEAN']],
        value: () => w.value(type, null, status),
      };
    }
    case 'DATE':
      return timeReading(w, w.kernel('dateParse', 'i32', address, length, at), name, () =>
        w.value(type, null, i32.load(at)),
      );
    case 'TIME': {
      const read = w.kernel('timeParse', 'i32', address, length, i32.const(type.precision), at);
      return timeReading(w, read, name, () => w.value(type, null, i32.load(at)));
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const clock: TimeType = { ...type, kind: 'TIMESTAMP' };
      const read = w.kernel('timestampParse', 'i32', address, length, i32.const(type.precision), at);
      return timeReading(w, read, name, () => {
        const units = i64.load(at);
        const parsed = type.precision <= 6 ? w.value(clock, null, units) : w.value(clock, null, ...resultHalves(w));
        return type.kind === 'TIMESTAMP' ? parsed : writeTime(w, parsed, type);
      });
    }
    default:
      throw new Error(`text is not cast to ${type.kind}`);
  }
}

function timeReading(
  w: ExpressionWriter,
  read: Parameters<ExpressionWriter['f']['if']>[0],
  name: string,
  value: () => Value,
): Reading {
  return {
    status: w.f.local('i32', read),
    ok: 0,
    faults: [
      [2, `{0} is out of range of ${name}`],
      [null, `{0} is no ${name}`],
    ],
    value,
  };
}

/** The text without the spaces around it. */
function trimmed(
  w: ExpressionWriter,
  address: Local<'i32'>,
  length: Local<'i32'>,
): readonly [Local<'i32'>, Local<'i32'>] {
  const { f } = w;
  const from = f.local('i32', address);
  const end = f.local('i32', i32.add(address, length));
  const space = i32.const(0x20);
  const one = i32.const(1);
  f.while(i32.ltU(from, end), (leave) => {
    f.brIf(leave, i32.ne(i32.load8U(from), space));
    f.set(from, i32.add(from, one));
  });
  f.while(i32.ltU(from, end), (leave) => {
    f.brIf(leave, i32.ne(i32.load8U(i32.sub(end, one)), space));
    f.set(end, i32.sub(end, one));
  });
  return [from, f.local('i32', i32.sub(end, from))];
}
