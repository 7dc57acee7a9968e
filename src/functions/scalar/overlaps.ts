import { BOOLEAN, type SqlType } from '../../types/sql-type.ts';
import { type I64, i32, i64, type Local, select } from '../../wasm/code.ts';
import { isInterval } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeMoved } from './temporal-arithmetic.ts';
import { countOf, millisOf } from './temporal-value.ts';

/** One end of a period: microseconds, and whether it is NULL. */
interface End {
  readonly at: Local<'i64'>;
  readonly isNull: Local<'i32'>;
}

function endOf(w: ExpressionWriter, value: Value): End {
  return { at: w.f.local('i64', microsOf(w, value)), isNull: w.f.local('i32', w.isNull(value)) };
}

function microsOf(w: ExpressionWriter, value: Value): I64 {
  if (value.type.kind === 'TIME') return i64.mul(i64.extendI32S(w.i32(value)), i64.const(1000n));
  if (value.type.kind === 'DATE') return i64.mul(millisOf(w, value), i64.const(1000n));
  const { units, unitsPerSecond, nanoOfMilli } = countOf(w, value);
  if (unitsPerSecond === 1_000_000n) return units;
  const micros = i64.mul(units, i64.const(1000n));
  return nanoOfMilli === null ? micros : i64.add(micros, i64.extendI32S(i32.divS(nanoOfMilli, i32.const(1000))));
}

/** The period's earlier and later end. With an end that is NULL the first counts as the later one. */
function periodOf(w: ExpressionWriter, start: Value, end: Value): readonly [low: End, high: End] {
  const last = isInterval(end.type)
    ? { ...writeMoved(w, start, end, 1, start.type), isNull: eitherNull(w, start, end) }
    : end;
  const a = endOf(w, start);
  const b = endOf(w, last);
  const isForward = w.f.local('i32', i32.and(i32.eqz(i32.or(a.isNull, b.isNull)), i64.leS(a.at, b.at)));
  const pick = (x: End, y: End): End => ({
    at: w.f.local('i64', select(isForward, x.at, y.at)),
    isNull: w.f.local('i32', select(isForward, x.isNull, y.isNull)),
  });
  return [pick(a, b), pick(b, a)];
}

function eitherNull(w: ExpressionWriter, a: Value, b: Value): Local<'i32'> {
  return w.f.local('i32', i32.or(w.isNull(a), w.isNull(b)));
}

/** Each period's later end is not before the other's earlier one, with the three values of AND. */
function writeOverlaps(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [low1, high1] = periodOf(w, args[0]!, args[1]!);
  const [low2, high2] = periodOf(w, args[2]!, args[3]!);
  const isTrue = (high: End, low: End) => i64.geS(high.at, low.at);
  const isUnknown = (high: End, low: End) => i32.or(high.isNull, low.isNull);
  const { f } = w;
  const unknown1 = f.local('i32', isUnknown(high1, low2));
  const unknown2 = f.local('i32', isUnknown(high2, low1));
  const false1 = f.local('i32', i32.and(i32.eqz(unknown1), i32.eqz(isTrue(high1, low2))));
  const false2 = f.local('i32', i32.and(i32.eqz(unknown2), i32.eqz(isTrue(high2, low1))));
  const isFalse = f.local('i32', i32.or(false1, false2));
  const isNull = type.nullable ? i32.and(i32.or(unknown1, unknown2), i32.eqz(isFalse)) : null;
  return w.value(type, isNull, i32.eqz(isFalse));
}

const sameKinds = (type: SqlType, args: readonly SqlType[]) => type.kind === args[0]?.kind;
const start = (name: string) =>
  parameter(
    name,
    'DATETIME',
    (type, { args }) => /^(DATE|TIME|TIMESTAMP|TIMESTAMP_LTZ)$/.test(type.kind) && sameKinds(type, args),
  );
const end = (name: string) =>
  parameter(name, 'DATETIME or INTERVAL', (type, { args }) => isInterval(type) || sameKinds(type, args));

export const overlaps: ScalarFunction = {
  name: 'OVERLAPS',
  category: 'temporal',
  summary: 'Whether two periods have an instant in common; each is a start and an end, or a start and a length.',
  examples: [
    {
      sql: "(DATE '2024-01-01', DATE '2024-01-10') OVERLAPS (DATE '2024-01-05', DATE '2024-01-20')",
      result: 'TRUE',
    },
    { sql: "(TIME '09:00:00', TIME '09:30:00') OVERLAPS (TIME '10:29:00', INTERVAL '15' MINUTE)", result: 'FALSE' },
  ],
  overloads: [
    {
      params: [start('start'), end('end'), start('start2'), end('end2')],
      returns: (args) => BOOLEAN(args.some((arg) => arg.nullable)),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeOverlaps },
    },
  ],
};

export const overlapsFunctions: readonly ScalarFunction[] = [overlaps];
