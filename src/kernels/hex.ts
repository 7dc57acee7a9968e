// Bytes as hexadecimal digits.

/** Two digits a byte, in upper case. */
export function textHex(address: usize, length: u32, to: usize): void {
  for (let at: u32 = 0; at < length; at++) {
    const byte = load<u8>(address + at);
    store<u8>(to + (at << 1), digit(byte >> 4, 0x37));
    store<u8>(to + (at << 1), digit(byte & 15, 0x37), 1);
  }
}

/** As `textHex`, in lower case. */
export function textHexLower(address: usize, length: u32, to: usize): void {
  let at: u32 = 0;
  // Eight bytes are sixteen digits.
  for (; at + 8 <= length; at += 8) {
    const bytes = v128.load64_zero(address + at);
    const high = i8x16.shr_u(bytes, 4);
    const low = v128.and(bytes, i8x16.splat(15));
    const digits = i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    v128.store(to + (at << 1), i8x16.swizzle(i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102), digits));
  }
  for (; at < length; at++) {
    const byte = load<u8>(address + at);
    store<u8>(to + (at << 1), digit(byte >> 4, 0x57));
    store<u8>(to + (at << 1), digit(byte & 15, 0x57), 1);
  }
}

// @ts-ignore: decorator
@inline
function digit(value: u8, letters: u8): u8 {
  return value < 10 ? 0x30 + value : letters + value;
}
