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
  for (let at: u32 = 0; at < length; at++) {
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
