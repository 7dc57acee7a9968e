// A scalar at a definite path of a JSON text. The whole text is checked. What needs more than a view of the text (escapes,
// numbers that are shown otherwise than they stand, malformed texts) is left to `functions/scalar/json.ts`.
import { bytesEqual } from './bytes';

const depthMax: i32 = 200;

/** What stands at the path. A member that comes again counts anew. */
const isNothing: u32 = 0;
const isText: u32 = 1;
const isWhole: u32 = 2;
/** A number with a fraction that is shown as it stands. */
const isFraction: u32 = 4;
const isOtherNumber: u32 = 8;
const isTruth: u32 = 16;
const isEscapedText: u32 = 32;
const isNull: u32 = 64;
const isNested: u32 = 128;
const isScalar: u32 = isText | isWhole | isFraction | isOtherNumber | isTruth | isEscapedText;

let end: usize = 0;
/** The last value at the path: its kind, and where it stands. */
let foundKind: u32 = isNothing;
let found: u64 = 0;
/** Behind the last step. */
let stepsEnd: usize = 0;

// @ts-ignore: decorator
@inline
function blank(p: usize): usize {
  let at = p;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09)) break;
    at++;
  }
  return at;
}

/** Behind the closing quote of a string whose first character is at `p`; 0 where it is malformed. */
let escaped: bool = false;

function stringEnd(p: usize): usize {
  let at = p;
  escaped = false;
  const quote = i8x16.splat(0x22);
  const slash = i8x16.splat(0x5c);
  const space = i8x16.splat(0x20);
  while (at < end) {
    // The load may run past the text, not past the memory; what it finds there is checked below.
    const bytes = v128.load(at);
    const stop = v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, slash)), i8x16.lt_u(bytes, space));
    const hits = i8x16.bitmask(stop);
    if (hits == 0) {
      at += 16;
      continue;
    }
    at += ctz(hits);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 0x22) return at + 1;
    if (byte != 0x5c) return 0;
    escaped = true;
    at++;
    if (at >= end) return 0;
    const letter = load<u8>(at);
    at++;
    if (letter == 0x75) {
      if (at + 4 > end) return 0;
      for (let digit = 0; digit < 4; digit++) {
        const hex = load<u8>(at + digit) | 0x20;
        if (!((hex >= 0x30 && hex <= 0x39) || (hex >= 0x61 && hex <= 0x66))) return 0;
      }
      at += 4;
    } else if (
      letter != 0x22 && letter != 0x5c && letter != 0x2f && letter != 0x62 && letter != 0x66 && letter != 0x6e &&
      letter != 0x72 && letter != 0x74
    ) {
      return 0;
    }
  }
  return 0;
}

function digitsEnd(p: usize): usize {
  let at = p;
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) at++;
  return at;
}

/** The kind of the last number. */
let numberKind: u32 = isWhole;

/** Behind a number; 0 where it is malformed. */
function numberEnd(p: usize): usize {
  let at = p;
  const negative = load<u8>(at) == 0x2d;
  if (negative) at++;
  if (at >= end) return 0;
  const first = load<u8>(at);
  if (first == 0x30) at++;
  else if (first >= 0x31 && first <= 0x39) at = digitsEnd(at);
  else return 0;
  numberKind = negative && first == 0x30 ? isOtherNumber : isWhole;
  if (at < end && load<u8>(at) == 0x2e) {
    const behind = digitsEnd(at + 1);
    if (behind == at + 1) return 0;
    numberKind = first != 0x30 || isShownWithZeros(at + 1, behind, negative) ? isFraction : isOtherNumber;
    at = behind;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    numberKind = isOtherNumber;
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const behind = digitsEnd(at);
    if (behind == at) return 0;
    at = behind;
  }
  return at;
}

/** Java's BigDecimal shows 0.000001 so, and what is smaller with an exponent; a zero has no sign. */
function isShownWithZeros(digits: usize, behind: usize, negative: bool): bool {
  let at = digits;
  while (at < behind && load<u8>(at) == 0x30) at++;
  return at < behind ? at - digits < 6 : behind - digits <= 6 && !negative;
}

// @ts-ignore: decorator
@inline
function note(kind: u32, from: usize, to: usize): void {
  foundKind = kind;
  found = (<u64>(to - from) << 32) | from;
}

/** Behind the word `true`, `false` or `null`; 0 for another. */
function wordEnd(p: usize): usize {
  if (p + 4 <= end && (load<u32>(p) == 0x65757274 || load<u32>(p) == 0x6c6c756e)) return p + 4;
  return p + 5 <= end && load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 0x65 ? p + 5 : 0;
}

/** Behind a value; 0 where the text is malformed. `step` is the next step of the path, 0 for a value beside it. */
function value(p: usize, step: usize, depth: i32): usize {
  if (p >= end || depth > depthMax) return 0;
  const isGoal = step == stepsEnd;
  switch (load<u8>(p)) {
    case 0x22: {
      const behind = stringEnd(p + 1);
      if (isGoal && behind != 0) note(escaped ? isEscapedText : isText, p + 1, behind - 1);
      return behind;
    }
    case 0x7b:
    case 0x5b: {
      const inner: usize = isGoal ? 0 : step;
      const behind = load<u8>(p) == 0x7b ? members(p, inner, depth) : elements(p, inner, depth);
      if (isGoal) note(isNested, p, behind);
      return behind;
    }
    case 0x74:
    case 0x66: {
      const behind = wordEnd(p);
      if (isGoal && behind != 0) note(isTruth, p, behind);
      return behind;
    }
    case 0x6e: {
      const behind = wordEnd(p);
      if (isGoal) note(isNull, p, behind);
      return behind;
    }
    default: {
      const behind = numberEnd(p);
      if (isGoal && behind != 0) note(numberKind, p, behind);
      return behind;
    }
  }
}

function members(p: usize, step: usize, depth: i32): usize {
  let at = blank(p + 1);
  if (at < end && load<u8>(at) == 0x7d) return at + 1;
  const nameBytes = step == 0 ? -1 : load<i32>(step);
  while (true) {
    if (at >= end || load<u8>(at) != 0x22) return 0;
    const name = at + 1;
    at = stringEnd(name);
    // A name with an escape may be that of the path.
    if (at == 0 || (escaped && step != 0)) return 0;
    const isNext = nameBytes >= 0 && at - 1 - name == nameBytes && bytesEqual(name, step + 4, nameBytes);
    at = blank(at);
    if (at >= end || load<u8>(at) != 0x3a) return 0;
    // Of members with one name the last counts.
    if (isNext) foundKind = isNothing;
    at = value(blank(at + 1), isNext ? step + 4 + nameBytes : 0, depth + 1);
    if (at == 0) return 0;
    at = blank(at);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 0x7d) return at + 1;
    if (byte != 0x2c) return 0;
    at = blank(at + 1);
  }
}

function elements(p: usize, step: usize, depth: i32): usize {
  let at = blank(p + 1);
  if (at < end && load<u8>(at) == 0x5d) return at + 1;
  // An index is written as -1 - index.
  const wanted = step == 0 ? -1 : -1 - load<i32>(step);
  let index = 0;
  while (true) {
    at = value(at, index == wanted ? step + 4 : 0, depth + 1);
    index++;
    if (at == 0) return 0;
    at = blank(at);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 0x5d) return at + 1;
    if (byte != 0x2c) return 0;
    at = blank(at + 1);
  }
}

/** Looks for what stands at a path. @returns false where the text is malformed, or not to be told from such */
function search(address: usize, length: u32, path: usize, pathBytes: u32): bool {
  end = address + length;
  stepsEnd = path + pathBytes;
  foundKind = isNothing;
  const behind = value(blank(address), path, 0);
  return behind != 0 && blank(behind) == end;
}

/**
 * The scalar at a path as a view (address in the low half, length in the high, of a text without its quotes) if it is
 * of a kind that is `wanted`; 1 where no scalar is there; 0 where the host function is to look. A step is an i32 length
 * and a name's bytes, or -1 - index.
 */
export function jsonScalar(address: usize, length: u32, path: usize, pathBytes: u32, wanted: u32): u64 {
  if (!search(address, length, path, pathBytes)) return 0;
  if ((foundKind & isScalar) == 0) return 1;
  return (foundKind & wanted) != 0 ? found : 0;
}

/** What is at a path: 1 nothing, 2 null, 3 something; 0 where the host function is to look. */
export function jsonThere(address: usize, length: u32, path: usize, pathBytes: u32): i32 {
  if (!search(address, length, path, pathBytes)) return 0;
  if (foundKind == isNothing) return 1;
  return foundKind == isNull ? 2 : 3;
}
