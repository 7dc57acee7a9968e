/**
 * Random numbers of the profile nx-A: a hash of a counter, so that an event's content follows from its number alone.
 * Source of the hash: the finaliser of MurmurHash3 (Austin Appleby).
 */
export class Random {
  #state = 0;

  /** Begins the sequence of the `n`th thing of a kind. */
  seed(kind: number, n: number): void {
    this.#state = mixed(mixed(kind) + Math.imul(n, 0x9e37_79b1));
  }

  /** Uniform in [0, 2^32). */
  next(): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    return mixed(this.#state) >>> 0;
  }

  /** A whole number, uniform in [0, bound). */
  below(bound: number): number {
    return Math.floor((this.next() * bound) / 4_294_967_296);
  }

  /** Cents from 100 to 100,000,000, each power of ten as likely as the next. */
  price(): number {
    return Math.round(10 ** ((this.next() / 4_294_967_296) * 6) * 100);
  }
}

function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
