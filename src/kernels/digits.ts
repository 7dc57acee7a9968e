// Digits of unsigned integers in memory.

/** Two digits at a time: "00" .. "99". */
const pairs: usize = memory.data<u8>([
  48, 48, 48, 49, 48, 50, 48, 51, 48, 52, 48, 53, 48, 54, 48, 55, 48, 56, 48, 57, 49, 48, 49, 49, 49, 50, 49, 51, 49, 52,
  49, 53, 49, 54, 49, 55, 49, 56, 49, 57, 50, 48, 50, 49, 50, 50, 50, 51, 50, 52, 50, 53, 50, 54, 50, 55, 50, 56, 50, 57,
  51, 48, 51, 49, 51, 50, 51, 51, 51, 52, 51, 53, 51, 54, 51, 55, 51, 56, 51, 57, 52, 48, 52, 49, 52, 50, 52, 51, 52, 52,
  52, 53, 52, 54, 52, 55, 52, 56, 52, 57, 53, 48, 53, 49, 53, 50, 53, 51, 53, 52, 53, 53, 53, 54, 53, 55, 53, 56, 53, 57,
  54, 48, 54, 49, 54, 50, 54, 51, 54, 52, 54, 53, 54, 54, 54, 55, 54, 56, 54, 57, 55, 48, 55, 49, 55, 50, 55, 51, 55, 52,
  55, 53, 55, 54, 55, 55, 55, 56, 55, 57, 56, 48, 56, 49, 56, 50, 56, 51, 56, 52, 56, 53, 56, 54, 56, 55, 56, 56, 56, 57,
  57, 48, 57, 49, 57, 50, 57, 51, 57, 52, 57, 53, 57, 54, 57, 55, 57, 56, 57, 57,
]);

/** How many decimal digits a number has: 1 for 0. */
// @ts-ignore: decorator
@inline
export function digitCount(value: u64): i32 {
  let count = 1;
  let rest = value;
  while (rest >= 10000) {
    rest /= 10000;
    count += 4;
  }
  return count + i32(rest >= 10) + i32(rest >= 100) + i32(rest >= 1000);
}

/** Writes exactly `count` digits, with leading zeros. */
export function writeDigits(address: usize, value: u64, count: i32): void {
  let at = address + count;
  let rest = value;
  while (at >= address + 2) {
    const pair = rest % 100;
    rest /= 100;
    at -= 2;
    store<u16>(at, load<u16>(pairs + (<usize>pair << 1)));
  }
  if (at > address) store<u8>(address, <u8>(rest % 10) + 0x30);
}
