/** What is left of an angle beside multiples of pi / 2: a sum of two DOUBLEs, and which multiple it was, modulo 4. */
export interface ReducedAngle {
  readonly high: number;
  readonly low: number;
  readonly quadrant: number;
}

/** The bits behind the point of pi / 2: the largest DOUBLE has 1024 before it. */
const piBits = 1200n;
let halfPi: bigint | null = null;

/** Exactly, for a finite angle of 10^6 or more: it is a whole number of small fractions. */
export function reducedLargeAngle(x: number): ReducedAngle {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  const word = bits.getBigUint64(0);
  const mantissa = (word & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n;
  const fixed = mantissa << (piBits + (word >> 52n) - 1075n);
  halfPi ??= halfPiBits();
  const multiple = (2n * fixed + halfPi) / (2n * halfPi);
  const rest = fixed - multiple * halfPi;
  const sign = x < 0 ? -1 : 1;
  const scale = sign * 2 ** -Number(piBits / 2n);
  const high = Number(rest >> (piBits / 2n - 64n)) * 2 ** -64;
  const lowBits = rest - (BigInt(high * 2 ** 64) << (piBits / 2n - 64n));
  const low = Number(lowBits >> (piBits / 2n - 128n)) * 2 ** -128;
  return { high: high * scale, low: low * scale, quadrant: (4 + sign * Number(multiple % 4n)) % 4 };
}

/** Machin 1706: pi / 4 = 4 arctan 1/5 - arctan 1/239 */
function halfPiBits(): bigint {
  const arcTangent = (of: bigint): bigint => {
    let term = (1n << (piBits + 64n)) / of;
    let total = term;
    for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
      term /= of * of;
      total += (sign * term) / n;
    }
    return total;
  };
  return (2n * (4n * arcTangent(5n) - arcTangent(239n))) >> 64n;
}
