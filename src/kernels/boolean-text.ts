// BOOLEAN and text.

/** A word of up to 8 ASCII letters in small letters, as one little-endian number; 0 for anything longer. */
function word(address: usize, length: i32): u64 {
  if (length < 1 || length > 5) return 0;
  let value: u64 = 0;
  for (let i = 0; i < length; i++) {
    let byte = <u64>load<u8>(address + i);
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    value |= byte << (<u64>i << 3);
  }
  return value;
}

/** What CAST takes for a BOOLEAN, in any case: true t yes y 1, false f no n 0. @returns 1, 0, or -1 for anything else */
export function booleanParse(address: usize, length: i32): i32 {
  switch (word(address, length)) {
    case 0x65757274: // true
    case 0x74: // t
    case 0x736579: // yes
    case 0x79: // y
    case 0x31: // 1
      return 1;
    case 0x65736c6166: // false
    case 0x66: // f
    case 0x6f6e: // no
    case 0x6e: // n
    case 0x30: // 0
      return 0;
    default:
      return -1;
  }
}
