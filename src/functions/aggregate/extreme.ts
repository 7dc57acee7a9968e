import { type Physical, physicalOf } from '../../types/physical.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, type I32, i32, i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, StateAccess } from '../aggregate-function.ts';
import { parameter } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/**
 * MIN and MAX. State: the best value so far. A NOT NULL integer needs no flag for "none yet": it is kept so that
 * zero bytes are worse than any value (its order flipped for MIN, then shifted to unsigned), and the better one is
 * the larger; others have a flag. Text is compared by its UTF-8 bytes.
 */
function extremeCode(argument: SqlType, type: SqlType, best: 'min' | 'max'): AggregateCode {
  const physical = physicalOf(argument);
  const remadeOf = { order: 'value', values: best === 'min' ? 'first' : 'last' } as const;
  if (!argument.nullable && (physical === 'i64' || isNarrow(physical))) {
    return { ...(physical === 'i64' ? ranked64(type, best) : ranked32(type, best)), remadeOf };
  }
  return { ...flagged(argument, type, best), remadeOf };
}

function isNarrow(physical: Physical): boolean {
  return physical === 'i8' || physical === 'i16' || physical === 'i32' || physical === 'bool';
}

const flip32 = (best: 'min' | 'max'): I32 => i32.const(best === 'max' ? -0x8000_0000 : 0x7fff_ffff);

function ranked32(type: SqlType, best: 'min' | 'max'): AggregateCode {
  const take = (w: ExpressionWriter, state: StateAccess, candidate: I32): void => {
    const rank = w.f.local('i32', candidate);
    w.f.if(i32.gtU(rank, state.get('rank', 'i32')), () => w.f.do(state.set('rank', rank)));
  };
  return {
    state: [{ name: 'rank', physical: 'i32' }],
    accumulate(w, state, [value]) {
      if (value !== undefined) take(w, state, i32.xor(w.i32(value), flip32(best)));
    },
    merge: (w, state, other) => take(w, state, other.get('rank', 'i32')),
    result: (w, state) => w.value(type, null, i32.xor(state.get('rank', 'i32'), flip32(best))),
  };
}

function ranked64(type: SqlType, best: 'min' | 'max'): AggregateCode {
  const flip = i64.const(best === 'max' ? -(2n ** 63n) : 2n ** 63n - 1n);
  const take = (w: ExpressionWriter, state: StateAccess, candidate: ReturnType<typeof i64.const>): void => {
    const rank = w.f.local('i64', candidate);
    w.f.if(i64.gtU(rank, state.get('rank', 'i64')), () => w.f.do(state.set('rank', rank)));
  };
  return {
    state: [{ name: 'rank', physical: 'i64' }],
    accumulate(w, state, [value]) {
      if (value !== undefined) take(w, state, i64.xor(w.i64(value), flip));
    },
    merge: (w, state, other) => take(w, state, other.get('rank', 'i64')),
    result: (w, state) => w.value(type, null, i64.xor(state.get('rank', 'i64'), flip)),
  };
}

function flagged(argument: SqlType, type: SqlType, best: 'min' | 'max'): AggregateCode {
  const valueType = withNullable(argument, false);
  const take = (w: ExpressionWriter, state: StateAccess, value: Value): void => {
    const { f } = w;
    const better = f.local('i32', i32.eqz(state.get('seen', 'i32')));
    f.if(i32.eqz(better), () => f.set(better, isBetter(w, value, state.read('value', valueType), best)));
    f.if(better, () => {
      state.write('value', value);
      f.do(state.set('seen', i32.const(1)));
    });
  };
  return {
    state: [
      { name: 'value', physical: physicalOf(argument) },
      { name: 'seen', physical: 'bool' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) take(w, state, value);
    },
    merge: (w, state, other) => w.f.if(other.get('seen', 'i32'), () => take(w, state, other.read('value', valueType))),
    result(w, state) {
      const isNull = i32.eqz(state.get('seen', 'i32'));
      return w.value(type, isNull, ...state.read('value', valueType).parts);
    },
  };
}

function isBetter(w: ExpressionWriter, value: Value, than: Value, best: 'min' | 'max'): I32 {
  const max = best === 'max';
  switch (value.physical) {
    case 'i64':
      return (max ? i64.gtS : i64.ltS)(w.i64(value), w.i64(than));
    case 'f32':
      return (max ? f32.gt : f32.lt)(w.f32(value), w.f32(than));
    case 'f64':
      return (max ? f64.gt : f64.lt)(w.f64(value), w.f64(than));
    case 'i128': {
      const [low, high] = w.i128(value);
      const [thanLow, thanHigh] = w.i128(than);
      const order = max ? i64.gtS(high, thanHigh) : i64.ltS(high, thanHigh);
      const within = max ? i64.gtU(low, thanLow) : i64.ltU(low, thanLow);
      return i32.or(order, i32.and(i64.eq(high, thanHigh), within));
    }
    case 'bytes': {
      const order = w.kernel('bytesCompare', 'i32', ...w.bytes(value), ...w.bytes(than));
      return (max ? i32.gtS : i32.ltS)(order, i32.const(0));
    }
    default:
      return (max ? i32.gtS : i32.ltS)(w.i32(value), w.i32(than));
  }
}

/** What has an order: no nested values, and as in Flink no bytes and no intervals. */
const comparable = parameter(
  'value',
  'COMPARABLE',
  (type) =>
    !['ARRAY', 'MAP', 'MULTISET', 'ROW', 'VARIANT', 'NULL', 'BINARY', 'VARBINARY'].includes(type.kind) &&
    !type.kind.startsWith('INTERVAL'),
);

function extreme(name: 'MIN' | 'MAX', best: 'min' | 'max', summary: string, result: string): AggregateFunction {
  return {
    name,
    summary,
    overloads: [
      {
        params: [comparable],
        returns: ([value]) => value as SqlType,
        code: ([value], type) => extremeCode(value ?? type, type, best),
      },
    ],
    examples: [{ sql: `${name}(x) FROM (VALUES (1), (2)) AS t(x)`, result }],
  };
}

export const min = extreme('MIN', 'min', 'The smallest value that is not NULL.', '1');
export const max = extreme('MAX', 'max', 'The largest value that is not NULL.', '2');
