// Numbers as sums of two DOUBLEs: some 106 bits. Not among the exports: they are inlined.
// Source: Dekker 1971, "A floating-point technique for extending the available precision"; Knuth for `twoSum`.

/** What the high part of the last result is short of. */
export let lowPart: f64 = 0;

/** a + b. */
// @ts-ignore: decorator
@inline
export function twoSum(a: f64, b: f64): f64 {
  const sum = a + b;
  const added = sum - a;
  lowPart = a - (sum - added) + (b - added);
  return sum;
}

/** a + b, where a is 0 or not the smaller one. */
// @ts-ignore: decorator
@inline
export function quickSum(a: f64, b: f64): f64 {
  const sum = a + b;
  lowPart = b - (sum - a);
  return sum;
}

/** a * b, where neither is beyond 1e290. */
// @ts-ignore: decorator
@inline
export function twoProduct(a: f64, b: f64): f64 {
  const product = a * b;
  lowPart = productError(a, b, product);
  return product;
}

/** What the rounded product of two numbers is off by. */
// @ts-ignore: decorator
@inline
export function productError(a: f64, b: f64, product: f64): f64 {
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

// @ts-ignore: decorator
@inline
function upperHalf(value: f64): f64 {
  const scaled = value * 134217729;
  return scaled - (scaled - value);
}
