import { DECIMAL, type DecimalType, DOUBLE, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f64, type I32, type I64, i32, i64, type Local } from '../../wasm/code.ts';
import type { AggregateCode, StateAccess } from '../aggregate-function.ts';
import { type Halves, resultHalves, writeDecimalOfDouble } from '../decimal-value.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { addToField } from './state.ts';

/** What a variance divides by, from its state. */
export interface Counted {
  readonly count: Local<'i64'>;
  readonly divisor: Local<'i64'>;
  readonly isNull: Local<'i32'>;
}

const digitsMax = 38;
/** Digits behind the point that a result keeps when it has too many digits. */
const scaleKept = 6;

/**
 * The variance of DECIMAL(p, s) in Flink's decimals: each step of (sum(x^2) - sum(x)^2 / n) / d is rounded half up to
 * the scale that its type has. NULL where a step has too many digits.
 */
export function decimalVariance(
  argument: DecimalType,
  type: SqlType,
  {
    deviation,
    counted,
  }: { readonly deviation: boolean; readonly counted: (w: ExpressionWriter, s: StateAccess) => Counted },
): AggregateCode {
  const { precision, scale } = argument;
  const squareDigits = 2 * precision + 1 - 2 * scale;
  const squareScale =
    2 * precision + 1 <= digitsMax ? 2 * scale : Math.max(digitsMax - squareDigits, Math.min(2 * scale, scaleKept));
  const sumType = DECIMAL(digitsMax, scale, false);
  const squaresType = DECIMAL(digitsMax, squareScale, false);
  const update = (w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void => {
    const x = w.i128(value);
    addTo(w, state, { name: 'sum', type: sumType }, negative ? negated(w, x) : x);
    const drop = i32.const(2 * scale - squareScale);
    w.f.drop(w.kernel('decimalMultiply', 'i32', ...x, ...x, drop, i32.const(digitsMax), w.resultAddress));
    const square = kept(w, resultHalves(w));
    addTo(w, state, { name: 'squares', type: squaresType }, negative ? negated(w, square) : square);
    addToField(w, state, 'count', i64.const(negative ? -1n : 1n));
  };
  return {
    state: [
      { name: 'sum', physical: 'i128' },
      { name: 'squares', physical: 'i128' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) update(w, state, value, false);
    },
    retract(w, state, [value]) {
      if (value !== undefined) update(w, state, value, true);
    },
    merge(w, state, other) {
      addTo(w, state, { name: 'sum', type: sumType }, w.i128(other.read('sum', sumType)));
      addTo(w, state, { name: 'squares', type: squaresType }, w.i128(other.read('squares', squaresType)));
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result(w, state) {
      const { count, divisor, isNull } = counted(w, state);
      const steps = new Steps(w, isNull);
      const sum = { halves: w.i128(state.read('sum', sumType)), scale };
      const total = { halves: w.i128(state.read('squares', squaresType)), scale: squareScale };
      const mean = steps.divide(steps.square(sum), count);
      const variance = steps.divide(steps.subtract(total, mean), divisor);
      const result = w.variable(withNullable(type, true));
      w.f.if(i32.eqz(steps.isNull), () => {
        if (type.kind !== 'DECIMAL') throw new Error('the variance of a DECIMAL is one');
        if (!deviation) {
          w.assign(result, w.value(type, null, ...steps.rescaled(variance, type.scale)));
          return;
        }
        const root = w.value(DOUBLE(false), null, f64.sqrt(asDouble(variance)));
        w.assign(result, writeDecimalOfDouble(w, w.f64(root), type, root));
      });
      return result;
    },
  };
}

/** A DECIMAL of 38 digits. */
interface Wide {
  readonly halves: Halves;
  readonly scale: number;
}

/** The steps of the formula, each in the type that Flink gives it. */
class Steps {
  readonly isNull: Local<'i32'>;
  readonly #w: ExpressionWriter;

  constructor(w: ExpressionWriter, isNull: Local<'i32'>) {
    this.#w = w;
    this.isNull = w.f.local('i32', isNull);
  }

  square({ halves, scale }: Wide): Wide {
    const to = Math.max(2 * scale - 39, Math.min(2 * scale, scaleKept));
    return this.#step(to, (address) =>
      this.#w.kernel('decimalMultiply', 'i32', ...halves, ...halves, i32.const(2 * scale - to), max, address),
    );
  }

  /** By a BIGINT. */
  divide({ halves, scale }: Wide, by: I64): Wide {
    const to = Math.max(scale, scaleKept);
    return this.#step(to, (address) =>
      this.#w.kernel('decimalDivide', 'i32', ...halves, by, i64.const(0n), i32.const(to - scale), max, address),
    );
  }

  subtract(a: Wide, b: Wide): Wide {
    const scale = Math.max(a.scale, b.scale);
    const digits = digitsMax - Math.min(a.scale, b.scale) + 1;
    const to = Math.max(digitsMax - digits, Math.min(scale, scaleKept));
    const [aUp, bUp] = [i32.const(scale - a.scale), i32.const(scale - b.scale)];
    const minus = negated(this.#w, b.halves);
    return this.#step(to, (address) =>
      this.#w.kernel('decimalAdd', 'i32', ...a.halves, aUp, ...minus, bUp, i32.const(scale - to), max, address),
    );
  }

  rescaled({ halves, scale }: Wide, to: number): Halves {
    const [up, drop] = [i32.const(Math.max(to - scale, 0)), i32.const(Math.max(scale - to, 0))];
    return this.#step(to, (address) => this.#w.kernel('decimalRescale', 'i32', ...halves, up, drop, max, address))
      .halves;
  }

  #step(scale: number, compute: (address: I32) => I32): Wide {
    const { f } = this.#w;
    const fits = f.local('i32', compute(this.#w.resultAddress));
    f.set(this.isNull, i32.or(this.isNull, i32.ne(fits, i32.const(1))));
    return { halves: kept(this.#w, resultHalves(this.#w)), scale };
  }
}

const max = i32.const(digitsMax);

function asDouble({ halves: [low, high], scale }: Wide) {
  const whole = f64.add(f64.mul(f64.convertI64S(high), f64.const(2 ** 64)), f64.convertI64U(low));
  return f64.div(whole, f64.const(10 ** scale));
}

function kept(w: ExpressionWriter, [low, high]: Halves): readonly [Local<'i64'>, Local<'i64'>] {
  return [w.f.local('i64', low), w.f.local('i64', high)];
}

function negated(w: ExpressionWriter, [low, high]: Halves): readonly [Local<'i64'>, Local<'i64'>] {
  const borrow = i64.extendI32U(i64.ne(low, i64.const(0n)));
  return kept(w, [i64.sub(i64.const(0n), low), i64.sub(i64.sub(i64.const(0n), high), borrow)]);
}

function addTo(
  w: ExpressionWriter,
  state: StateAccess,
  field: { readonly name: string; readonly type: DecimalType },
  [low, high]: readonly [Local<'i64'>, Local<'i64'>],
): void {
  const [haveLow, haveHigh] = w.i128(state.read(field.name, field.type));
  const nextLow = w.f.local('i64', i64.add(haveLow, low));
  const carry = i64.extendI32U(i64.ltU(nextLow, haveLow));
  state.write(field.name, w.value(field.type, null, nextLow, i64.add(i64.add(haveHigh, high), carry)));
}
