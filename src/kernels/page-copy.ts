// A module of its own, beside the kernels: the thread that writes checkpoints loads it onto the job's memory, and who
// reads them onto a small one (src/state/page-sums.ts). No static data.

/**
 * Copies a page, and gives a checksum of it and of what goes before: a page that is read once is in the cache for both.
 *
 * ```
 * lane of 16   h = (rotl(h, 13) ^ word) · p      from the sum before, with each 16th word of 32 bits
 * page         the lanes one after the other, likewise, from 0
 * ```
 *
 * Each step is a bijection of `h` and of the word: whatever changes within one lane changes the sum.
 */
export function copyPageSummed(to: usize, from: usize, sum: u32): u32 {
  return pass(from, sum, true, to);
}

/** The checksum alone, of pages one behind the other. */
export function sumPages(from: usize, count: u32, sum: u32): u32 {
  for (const end = from + count * pageBytes; from < end; from += pageBytes) sum = pass(from, sum, false, 0);
  return sum;
}

/** One page; `copies`: to `to`, too. Known where it is compiled: of either kind there is one loop. */
// @ts-ignore: decorator
@inline
function pass(from: usize, sum: u32, copies: bool, to: usize): u32 {
  let a = i32x4.splat(sum);
  let b = a;
  let c = a;
  let d = a;
  for (const end = from + pageBytes; from < end; from += 64, to += 64) {
    const words0 = v128.load(from);
    const words1 = v128.load(from, 16);
    const words2 = v128.load(from, 32);
    const words3 = v128.load(from, 48);
    if (copies) {
      v128.store(to, words0);
      v128.store(to, words1, 16);
      v128.store(to, words2, 32);
      v128.store(to, words3, 48);
    }
    a = with4(a, words0);
    b = with4(b, words1);
    c = with4(c, words2);
    d = with4(d, words3);
  }
  return folded(a, b, c, d);
}

const pageBytes: u32 = 4096;
const prime: u32 = 0x9e3779b1;

// @ts-ignore: decorator
@inline
function with4(lanes: v128, words: v128): v128 {
  const turned = v128.or(i32x4.shl(lanes, 13), i32x4.shr_u(lanes, 19));
  return i32x4.mul(v128.xor(turned, words), i32x4.splat(prime));
}

function folded(a: v128, b: v128, c: v128, d: v128): u32 {
  return with4Lanes(with4Lanes(with4Lanes(with4Lanes(0, a), b), c), d);
}

function with4Lanes(sum: u32, lanes: v128): u32 {
  sum = with1(sum, i32x4.extract_lane(lanes, 0));
  sum = with1(sum, i32x4.extract_lane(lanes, 1));
  sum = with1(sum, i32x4.extract_lane(lanes, 2));
  return with1(sum, i32x4.extract_lane(lanes, 3));
}

// @ts-ignore: decorator
@inline
function with1(sum: u32, word: u32): u32 {
  return (rotl(sum, 13) ^ word) * prime;
}
