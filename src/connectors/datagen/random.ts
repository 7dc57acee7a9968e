/**
 * A stream of pseudo-random numbers: the same seed gives the same stream, so that a run can be repeated.
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (xoshiro128**); seeded by splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** 0 .. 2^32 - 1. */
  next(): number {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** [0, 1), with 53 bits. */
  fraction(): number {
    return ((this.next() >>> 5) * 67_108_864 + (this.next() >>> 6)) / 9_007_199_254_740_992;
  }

  /** [min, max), whatever they are: halves, so that the difference does not overflow. */
  between(min: number, max: number): number {
    return (min / 2 + this.fraction() * (max / 2 - min / 2)) * 2;
  }

  /** 1 .. most. */
  count(most: number): number {
    return 1 + Math.floor(this.fraction() * most);
  }

  /** least .. most, both included. */
  whole(least: bigint, most: bigint): bigint {
    const count = most - least + 1n;
    const bits =
      (BigInt(this.next()) << 96n) | (BigInt(this.next()) << 64n) | (BigInt(this.next()) << 32n) | BigInt(this.next());
    return least + (bits % count);
  }
}
