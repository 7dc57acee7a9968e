/** The constants of the digests: sines for MD5, digits of roots of primes for SHA-2. Source: RFC 1321, FIPS 180-4. */

/** floor(2^32 |sin i|), i 1..64. */
export function md5Constants(): Uint8Array {
  return bytesOf(Uint32Array.from({ length: 64 }, (_, at) => Math.floor(Math.abs(Math.sin(at + 1)) * 2 ** 32)));
}

/** What SHA-224 or SHA-256 begins with, and the 64 words of its rounds. */
export function sha256Constants(bits: 224 | 256): Uint8Array {
  const start = bits === 256 ? primes(8).map((prime) => squareRoot(prime) >> 32n) : primes(16).slice(8).map(squareRoot);
  const words = [...start, ...primes(64).map((prime) => cubeRoot(prime) >> 32n)];
  return bytesOf(Uint32Array.from(words, (word) => Number(word & 0xffff_ffffn)));
}

/** What SHA-384 or SHA-512 begins with, and the 80 words of its rounds. */
export function sha512Constants(bits: 384 | 512): Uint8Array {
  const start = bits === 512 ? primes(8) : primes(16).slice(8);
  return bytesOf(BigUint64Array.from([...start.map(squareRoot), ...primes(80).map(cubeRoot)]));
}

function bytesOf(words: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function primes(count: number): readonly bigint[] {
  const found: number[] = [];
  for (let next = 2; found.length < count; next++) if (found.every((prime) => next % prime !== 0)) found.push(next);
  return found.map(BigInt);
}

/** The first 64 bits behind the point of the square root. */
function squareRoot(prime: bigint): bigint {
  return root(prime << 128n, 2n) & 0xffff_ffff_ffff_ffffn;
}

/** The first 64 bits behind the point of the cube root. */
function cubeRoot(prime: bigint): bigint {
  return root(prime << 192n, 3n) & 0xffff_ffff_ffff_ffffn;
}

/** The whole part of a root, by halving. */
function root(value: bigint, degree: bigint): bigint {
  let [low, high] = [0n, 1n << 80n];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= value) low = middle;
    else high = middle - 1n;
  }
  return low;
}
