/**
 * LIKE: `%` stands for any text, `_` for one code point that does not end a line; the escape character takes `%`, `_`
 * or itself as it is. Greedy with one place to come back to, the last `%`: O(text x pattern) at worst, without a stack.
 */

/** Bytes of the code point at `p`, 0 where it ends a line (LF, CR, U+0085, U+2028, U+2029). */
function oneCharacter(p: usize, end: usize): u32 {
  const first = load<u8>(p);
  if (first < 0x80) return first == 0x0a || first == 0x0d ? 0 : 1;
  const size: u32 = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first == 0xc2 && load<u8>(p + 1) == 0x85) return 0;
  if (first == 0xe2 && load<u8>(p + 1) == 0x80 && (load<u8>(p + 2) & 0xfe) == 0xa8) return 0;
  return min(size, <u32>(end - p));
}

/**
 * 1 where the text is like the pattern, 0 where not, 2 where the escape character stands before anything but `%`, `_`
 * or itself, or at the end. `escape` is an ASCII byte, or -1 for none.
 */
export function likeMatch(text: usize, textBytes: u32, pattern: usize, patternBytes: u32, escape: i32): i32 {
  const textEnd = text + textBytes;
  const patternEnd = pattern + patternBytes;
  if (escape >= 0 && !escapesAreValid(pattern, patternEnd, <u8>escape)) return 2;
  let t = text;
  let p = pattern;
  // Behind the last %: where its pattern goes on, and the text from which it was tried last.
  let resumePattern: usize = 0;
  let resumeText: usize = 0;
  while (true) {
    if (p < patternEnd) {
      let byte = load<u8>(p);
      const isEscape = <i32>byte == escape;
      if (!isEscape && byte == 0x25) {
        p++;
        if (p == patternEnd) return 1;
        resumePattern = p;
        resumeText = t;
        continue;
      }
      if (!isEscape && byte == 0x5f) {
        const size = t < textEnd ? oneCharacter(t, textEnd) : 0;
        if (size != 0) {
          t += size;
          p++;
          continue;
        }
      } else {
        if (isEscape) byte = load<u8>(p + 1);
        if (t < textEnd && load<u8>(t) == byte) {
          t++;
          p += isEscape ? 2 : 1;
          continue;
        }
      }
    } else if (t == textEnd) return 1;
    // A mismatch: the last % takes one byte more.
    if (resumePattern == 0 || resumeText >= textEnd) return 0;
    resumeText++;
    // `_` counts code points, so the % must not stop inside one.
    while (resumeText < textEnd && (load<u8>(resumeText) & 0xc0) == 0x80) resumeText++;
    t = resumeText;
    p = resumePattern;
  }
}

function escapesAreValid(pattern: usize, end: usize, escape: u8): bool {
  for (let p = pattern; p < end; p++) {
    if (load<u8>(p) != escape) continue;
    p++;
    if (p >= end) return false;
    const byte = load<u8>(p);
    if (byte != 0x25 && byte != 0x5f && byte != escape) return false;
  }
  return true;
}
