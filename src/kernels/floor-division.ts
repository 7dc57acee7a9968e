/** Integer division that goes down, for both signs of the dividend. Not among the exports: they are inlined. */

/** `a / b`, rounded down; b > 0. */
// @ts-ignore: decorator
@inline
export function floorDivide(a: i64, b: i64): i64 {
  const quotient = a / b;
  return a - quotient * b < 0 ? quotient - 1 : quotient;
}

/** `a - b * floorDivide(a, b)`: 0 to b - 1. */
// @ts-ignore: decorator
@inline
export function floorModulo(a: i64, b: i64): i64 {
  const rest = a % b;
  return rest < 0 ? rest + b : rest;
}
