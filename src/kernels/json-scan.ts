/**
 * Finding the end of JSON values, with all of JSON's rules checked. Not among the exports: the decoder uses it.
 *
 * A record ends in a line feed, which no value may hold, so no function here reads beyond it by more than the 16 bytes
 * of a wide load. As Flink's parser, other control characters are taken as they are inside strings, invalid UTF-8 is
 * malformed, and containers nest up to 1,000 deep. Source: RFC 8259.
 */
export const scanMalformed: i32 = 1;
export const scanTooDeep: i32 = 2;
export const scanNotUtf8: i32 = 3;

/** What the last scan that gave 0 found wrong, and where. */
export let scanProblem: i32 = 0;
export let scanFailedAt: usize = 0;
/** Whether the string that was skipped last holds an escape. */
export let stringHasEscape: bool = false;

const nestingMax: i32 = 1000;

export function scanFail(problem: i32, at: usize): usize {
  scanProblem = problem;
  scanFailedAt = at;
  return 0;
}

/** Behind blanks, tabs and carriage returns. */
// @ts-ignore: decorator
@inline
export function skipSpace(from: usize): usize {
  let p = from;
  while (isSpace(load<u8>(p))) p++;
  return p;
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0d;
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

/** From behind the opening quote to behind the closing one; 0 when malformed. */
export function skipString(from: usize): usize {
  const quote = i8x16.splat(0x22);
  const backslash = i8x16.splat(0x5c);
  const blank = i8x16.splat(0x20);
  stringHasEscape = false;
  let p = from;
  while (true) {
    const bytes = v128.load(p);
    // As signed bytes, those below a blank are the control characters and all that is not ASCII.
    const found = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_s(bytes, blank)),
    );
    if (found == 0) {
      p += 16;
      continue;
    }
    p += ctz(found);
    const byte = load<u8>(p);
    if (byte == 0x22) return p + 1;
    if (byte == 0x5c) {
      stringHasEscape = true;
      const width = escapeWidth(p);
      if (width == 0) return scanFail(scanMalformed, p);
      p += width;
    } else if (byte >= 0x80) {
      const width = sequenceWidth(p);
      if (width == 0) return scanFail(scanNotUtf8, p);
      p += width;
    } else {
      if (byte == 0x0a) return scanFail(scanMalformed, p);
      p++;
    }
  }
}

/** Bytes of a valid escape that starts with a backslash; 0 for another. */
function escapeWidth(p: usize): u32 {
  switch (load<u8>(p, 1)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2;
    case 0x75:
      return hexDigits(p + 2) >= 0 ? 6 : 0;
    default:
      return 0;
  }
}

/** The value of four hexadecimal digits, -1 when they are none. */
export function hexDigits(p: usize): i32 {
  let value: i32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const byte = <i32>load<u8>(p + i);
    let digit = byte - 48;
    if (<u32>digit > 9) {
      digit = (byte | 0x20) - 0x61;
      if (<u32>digit > 5) return -1;
      digit += 10;
    }
    value = (value << 4) | digit;
  }
  return value;
}

/** Bytes of the well-formed UTF-8 sequence (of two or more) at an address; 0 when it is none. Source: RFC 3629. */
export function sequenceWidth(p: usize): u32 {
  const first = <u32>load<u8>(p);
  const second = <u32>load<u8>(p, 1);
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return (second & 0xc0) == 0x80 ? 2 : 0;
  if ((second & 0xc0) != 0x80 || (load<u8>(p, 2) & 0xc0) != 0x80) return 0;
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return 0;
    return first == 0xed && second > 0x9f ? 0 : 3;
  }
  if ((load<u8>(p, 3) & 0xc0) != 0x80 || (first == 0xf0 && second < 0x90)) return 0;
  return first == 0xf4 && second > 0x8f ? 0 : 4;
}

/** Behind a number; 0 when malformed. */
export function skipNumber(from: usize): usize {
  let p = from;
  if (load<u8>(p) == 0x2d) p++;
  if (load<u8>(p) == 0x30) {
    p++;
    if (isDigit(load<u8>(p))) return scanFail(scanMalformed, p);
  } else {
    const first = p;
    while (isDigit(load<u8>(p))) p++;
    if (p == first) return scanFail(scanMalformed, p);
  }
  if (load<u8>(p) == 0x2e) {
    const first = ++p;
    while (isDigit(load<u8>(p))) p++;
    if (p == first) return scanFail(scanMalformed, p);
  }
  if ((load<u8>(p) | 0x20) == 0x65) {
    p++;
    const sign = load<u8>(p);
    if (sign == 0x2b || sign == 0x2d) p++;
    const first = p;
    while (isDigit(load<u8>(p))) p++;
    if (p == first) return scanFail(scanMalformed, p);
  }
  return p;
}

/** Behind the value that starts at an address; 0 when malformed. */
export function skipValue(from: usize, depth: i32): usize {
  switch (load<u8>(from)) {
    case 0x22:
      return skipString(from + 1);
    case 0x7b:
      return skipObject(from, depth);
    case 0x5b:
      return skipArray(from, depth);
    case 0x74:
      return load<u32>(from) == 0x65757274 ? from + 4 : scanFail(scanMalformed, from);
    case 0x66:
      return load<u32>(from, 1) == 0x65736c61 ? from + 5 : scanFail(scanMalformed, from);
    case 0x6e:
      return load<u32>(from) == 0x6c6c756e ? from + 4 : scanFail(scanMalformed, from);
    default:
      return skipNumber(from);
  }
}

function skipObject(from: usize, depth: i32): usize {
  if (depth >= nestingMax) return scanFail(scanTooDeep, from);
  let p = skipSpace(from + 1);
  if (load<u8>(p) == 0x7d) return p + 1;
  while (true) {
    if (load<u8>(p) != 0x22) return scanFail(scanMalformed, p);
    p = skipString(p + 1);
    if (p == 0) return 0;
    p = skipColon(p);
    if (p == 0) return 0;
    p = skipValue(p, depth + 1);
    if (p == 0) return 0;
    p = skipSpace(p);
    const byte = load<u8>(p);
    if (byte == 0x7d) return p + 1;
    if (byte != 0x2c) return scanFail(scanMalformed, p);
    p = skipSpace(p + 1);
  }
}

/** From behind a key to its value; 0 when there is no colon. */
// @ts-ignore: decorator
@inline
export function skipColon(from: usize): usize {
  const p = skipSpace(from);
  if (load<u8>(p) != 0x3a) return scanFail(scanMalformed, p);
  return skipSpace(p + 1);
}

function skipArray(from: usize, depth: i32): usize {
  if (depth >= nestingMax) return scanFail(scanTooDeep, from);
  let p = skipSpace(from + 1);
  if (load<u8>(p) == 0x5d) return p + 1;
  while (true) {
    p = skipValue(p, depth + 1);
    if (p == 0) return 0;
    p = skipSpace(p);
    const byte = load<u8>(p);
    if (byte == 0x5d) return p + 1;
    if (byte != 0x2c) return scanFail(scanMalformed, p);
    p = skipSpace(p + 1);
  }
}

/** The address of the next line feed, or `end`. */
export function findLineFeed(from: usize, end: usize): usize {
  const lineFeed = i8x16.splat(0x0a);
  let p = from;
  while (p + 16 <= end) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), lineFeed));
    if (found != 0) return p + ctz(found);
    p += 16;
  }
  while (p < end && load<u8>(p) != 0x0a) p++;
  return p;
}
