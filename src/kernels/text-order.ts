// The order of texts under < and >, GREATEST and LEAST: that of UTF-16 units, as of Java's strings. It differs from
// the order of UTF-8 bytes (MIN, MAX, ROW_NUMBER) only between U+E000..U+FFFF and characters beyond.

/** -1, 0 or 1. */
export function textCompareUtf16(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const length = min(aLength, bLength);
  let at: u32 = 0;
  while (at + 8 <= length && load<u64>(a + at) == load<u64>(b + at)) at += 8;
  while (at < length) {
    const x = load<u8>(a + at);
    const y = load<u8>(b + at);
    if (x != y) {
      // Lead bytes of U+E000..U+FFFF (ee, ef) and of characters made of surrogates (f0 and up) change places.
      if (x >= 0xee && y >= 0xee && x >= 0xf0 != y >= 0xf0) return x >= 0xf0 ? -1 : 1;
      return x < y ? -1 : 1;
    }
    at++;
  }
  return aLength == bLength ? 0 : aLength < bLength ? -1 : 1;
}
