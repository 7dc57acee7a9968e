import { ARRAY, BIGINT, DOUBLE, type SqlType, withNullable } from '../../types/sql-type.ts';
import { type F64, f64, type I32, type I64, i32, i64, type Local, select } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, KeptValues, StateAccess } from '../aggregate-function.ts';
import { isInteger, isNumeric } from '../coercion.ts';
import { double, parameter } from '../parameters.ts';
import { assignElement } from '../scalar/nested-item.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { addToField } from './state.ts';

/**
 * PERCENTILE: the value at a fraction of the sorted values, between two of them in proportion. Of n values, that at
 * fraction p stands at place `1 + p * (n - 1)`.
 *
 * Keeps each value with how often it is there. State: how many values there are in all, and the fraction or fractions.
 */
function percentileCode(args: readonly SqlType[], type: SqlType): AggregateCode {
  const isList = args[1]?.kind === 'ARRAY';
  const fractionType: SqlType = isList ? ARRAY(DOUBLE(false), false) : DOUBLE(false);
  /** How often a row's value counts: as its third argument says, not at all for less than once. */
  const timesOf = (w: ExpressionWriter, times: Value | undefined): Local<'i64'> => {
    if (times === undefined) return w.f.local('i64', i64.const(1n));
    const wide = w.i64(times);
    return w.f.local('i64', select(i64.gtS(wide, i64.const(0n)), wide, i64.const(0n)));
  };
  return {
    keeps: { types: [DOUBLE(false)] },
    state: [
      { name: 'total', physical: 'i64' },
      { name: 'fraction', physical: isList ? 'bytes' : 'f64' },
    ],
    accumulate(w, state, [value, fraction, times], kept) {
      if (value === undefined || fraction === undefined) return;
      const count = timesOf(w, times);
      w.f.if(i64.ne(count, i64.const(0n)), () => {
        w.f.if(i64.eqz(state.get('total', 'i64')), () => {
          checkFractions(w, fraction);
          state.write('fraction', fraction);
        });
        kept.add([value], count);
        addToField(w, state, 'total', count);
      });
    },
    retract(w, state, [value, , times], kept) {
      if (value === undefined) return;
      const count = timesOf(w, times);
      kept.remove([value], count);
      addToField(w, state, 'total', i64.sub(i64.const(0n), count));
    },
    merge(w, state, other) {
      const added = w.f.local('i64', other.get('total', 'i64'));
      w.f.if(i64.ne(added, i64.const(0n)), () => {
        w.f.if(i64.eqz(state.get('total', 'i64')), () => state.write('fraction', other.read('fraction', fractionType)));
        addToField(w, state, 'total', added);
      });
    },
    result(w, state, kept) {
      const result = w.variable(withNullable(type, true));
      w.f.if(i64.gtS(state.get('total', 'i64'), i64.const(0n)), () => {
        const fraction = state.read('fraction', fractionType);
        w.assign(result, isList ? percentiles(w, state, kept, fraction) : percentile(w, state, kept, w.f64(fraction)));
      });
      return result;
    },
  };
}

/** The value at a fraction; there are values. */
function percentile(w: ExpressionWriter, state: StateAccess, kept: KeptValues, fraction: F64): Value {
  const { f } = w;
  const total = f64.convertI64S(state.get('total', 'i64'));
  const place = f.local('f64', f64.add(f64.const(1), f64.mul(fraction, f64.sub(total, f64.const(1)))));
  const rank = f.local('i64', i64.truncSatF64S(f64.floor(place)));
  const rest = f.local('f64', f64.sub(place, f64.convertI64S(rank)));
  const lower = f.local('f64', f64.const(0));
  const upper = f.local('f64', f64.const(0));
  const seen = f.local('i64', i64.const(0n));
  const reaches = (from: I64, to: I64, wanted: I64): I32 => i32.and(i64.ltS(from, wanted), i64.geS(to, wanted));
  const nextRank = f.local('i64', i64.add(rank, i64.const(1n)));
  kept.each(([value], times) => {
    if (value === undefined) return;
    const through = f.local('i64', i64.add(seen, times));
    f.if(reaches(seen, through, rank), () => f.set(lower, w.f64(value)));
    f.if(reaches(seen, through, nextRank), () => f.set(upper, w.f64(value)));
    f.set(seen, through);
  });
  const isExact = i32.or(f64.eq(rest, f64.const(0)), f64.eq(lower, upper));
  const other = f64.sub(f64.convertI64S(nextRank), place);
  const between = f64.add(f64.mul(other, lower), f64.mul(rest, upper));
  return w.value(DOUBLE(false), null, select(isExact, lower, between));
}

/** The values at an array of fractions. */
function percentiles(w: ExpressionWriter, state: StateAccess, kept: KeptValues, fractions: Value): Value {
  const { f } = w;
  const [from] = w.bytes(fractions);
  const count = f.local('i32', w.kernel('arrayCount', 'i32', from));
  const to = w.scratch(w.kernel('arrayFixedBytes', 'i32', count, i32.const(8)));
  const bytes = f.local('i32', w.kernel('arrayStart', 'i32', to, count, i32.const(8)));
  eachFraction(w, fractions, (fraction, at) => {
    const slot = f.local('i32', w.kernel('arraySlot', 'i32', to, i32.const(8), at));
    f.do(f64.store(slot, w.f64(percentile(w, state, kept, fraction))));
  });
  return w.value(ARRAY(DOUBLE(), false), null, to, bytes);
}

function eachFraction(w: ExpressionWriter, fractions: Value, body: (fraction: F64, at: Local<'i32'>) => void): void {
  const { f } = w;
  const [from] = w.bytes(fractions);
  const count = f.local('i32', w.kernel('arrayCount', 'i32', from));
  const at = f.local('i32', i32.const(0));
  f.while(i32.ltU(at, count), () => {
    const fraction = w.variable(DOUBLE());
    assignElement(w, fraction, from, at);
    if (fraction.isNull !== null) f.if(fraction.isNull, () => w.fail('a fraction of PERCENTILE is NULL'));
    body(w.f64(fraction), at);
    f.set(at, i32.add(at, i32.const(1)));
  });
}

/** A fraction that is written as a number was checked when the call was bound; those of an array are here. */
function checkFractions(w: ExpressionWriter, fractions: Value): void {
  if (fractions.physical !== 'bytes') return;
  eachFraction(w, fractions, (fraction) => {
    const isWithin = i32.and(f64.ge(fraction, f64.const(0)), f64.le(fraction, f64.const(1)));
    w.f.if(i32.eqz(isWithin), () => w.fail('a fraction of PERCENTILE is not between 0 and 1'));
  });
}

const fractionWithin = (value: number): boolean => value >= 0 && value <= 1;

const fraction = parameter(
  'fraction',
  'NUMERIC literal from 0 to 1',
  (type, { literals }) => {
    const literal = literals[1];
    if (!isNumeric(type) || literal === undefined || literal === null) return null;
    const value = type.kind === 'DECIMAL' ? Number(literal) / 10 ** type.scale : Number(literal);
    return fractionWithin(value) ? DOUBLE(false) : null;
  },
  { literal: true },
);

const fractions = parameter('fractions', 'ARRAY of NUMERIC literals', (type) =>
  type.kind === 'ARRAY' && isNumeric(type.element) ? ARRAY(DOUBLE(), type.nullable) : null,
);

const times = parameter('frequency', 'INTEGER', (type) => (isInteger(type) ? BIGINT(type.nullable) : null));

export const percentileFunction: AggregateFunction = {
  name: 'PERCENTILE',
  summary:
    'The value at a fraction of the sorted values, or those at an array of fractions, in proportion between two; a third argument says how often a value counts.',
  overloads: [
    { params: [double('value'), fraction], returns: () => DOUBLE(), code: percentileCode },
    { params: [double('value'), fraction, times], returns: () => DOUBLE(), code: percentileCode },
    { params: [double('value'), fractions], returns: () => ARRAY(DOUBLE()), code: percentileCode },
    { params: [double('value'), fractions, times], returns: () => ARRAY(DOUBLE()), code: percentileCode },
  ],
  examples: [{ sql: 'PERCENTILE(x, 0.5) FROM (VALUES (1), (2), (4)) AS t(x)', result: '2.0' }],
};
