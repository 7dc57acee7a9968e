import { DECIMAL, type DecimalType, DOUBLE, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f64, type I32, type I64, i32, i64, type Local } from '../../wasm/code.ts';
import { type Halves, resultHalves, writeDecimalOfDouble } from '../decimal-value.ts';
import type { ExpressionWriter } from '../value.ts';
import { addHalves, keptHalves, negatedHalves, type WideTerm } from './halves.ts';
import type { MomentArithmetic } from './moments.ts';

const digitsMax = 38;
const max = i32.const(digitsMax);
/** Digits behind the point that a result keeps when it has too many digits. */
const scaleKept = 6;

/**
 * The variance of DECIMAL(p, s) in Flink's decimals: each step of (sum(x^2) - sum(x)^2 / n) / d is rounded half up to
 * the scale that its type has. NULL where a step has too many digits.
 */
export function decimalVariance(
  { precision, scale }: DecimalType,
  type: SqlType,
  isDeviation: boolean,
): MomentArithmetic<WideTerm> {
  const squareDigits = 2 * precision + 1 - 2 * scale;
  const squareScale =
    2 * precision + 1 <= digitsMax ? 2 * scale : Math.max(digitsMax - squareDigits, Math.min(2 * scale, scaleKept));
  const types = { sum: DECIMAL(digitsMax, scale, false), squares: DECIMAL(digitsMax, squareScale, false) };
  return {
    physical: 'i128',
    terms(w, value) {
      const sum = w.i128(value);
      const drop = i32.const(2 * scale - squareScale);
      w.f.drop(w.kernel('decimalMultiply', 'i32', ...sum, ...sum, drop, max, w.resultAddress));
      return { sum, squares: keptHalves(w, resultHalves(w)) };
    },
    read: (w, state, field) => w.i128(state.read(field, types[field])),
    add: (w, state, field, term, isRetraction) =>
      addHalves(w, state, { name: field, type: types[field] }, term, isRetraction),
    result(w, state, { count, divisor, isNull }) {
      const steps = new Steps(w, isNull);
      const sum = { halves: w.i128(state.read('sum', types.sum)), scale };
      const total = { halves: w.i128(state.read('squares', types.squares)), scale: squareScale };
      const mean = steps.divide(steps.square(sum), count);
      const variance = steps.divide(steps.subtract(total, mean), divisor);
      const result = w.variable(withNullable(type, true));
      w.f.if(i32.eqz(steps.isNull), () => {
        if (type.kind !== 'DECIMAL') throw new Error('the variance of a DECIMAL is one');
        if (!isDeviation) {
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
  readonly halves: WideTerm;
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
    const minus = negatedHalves(this.#w, b.halves);
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
    return { halves: keptHalves(this.#w, resultHalves(this.#w)), scale };
  }
}

function asDouble({ halves: [low, high], scale }: Wide) {
  const whole = f64.add(f64.mul(f64.convertI64S(high), f64.const(2 ** 64)), f64.convertI64U(low));
  return f64.div(whole, f64.const(10 ** scale));
}
