// A scalar at a definite path of a JSON text, where it stands there as it is to be shown. The whole text is checked.
// What needs more (escapes, fractions, what is missing or malformed) is left to `functions/scalar/json.ts`.

const depthMax: i32 = 200;

let end: usize = 0;
/** The view of the last value at the path, 0 for none that can be shown as it stands. */
let found: u64 = 0;
/** Behind the last step. */
let stepsEnd: usize = 0;

// @ts-ignore: decorator
@inline
function blank(p: usize): usize {
  let at = p;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
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

let isWhole: bool = false;

function digitsEnd(p: usize): usize {
  let at = p;
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) at++;
  return at;
}

/** Behind a number; 0 where it is malformed. Says whether it is a whole number that is not -0. */
function numberEnd(p: usize): usize {
  let at = p;
  const negative = load<u8>(at) == 0x2d;
  if (negative) at++;
  if (at >= end) return 0;
  const first = load<u8>(at);
  if (first == 0x30) at++;
  else if (first >= 0x31 && first <= 0x39) at = digitsEnd(at);
  else return 0;
  isWhole = !(negative && first == 0x30);
  if (at < end && load<u8>(at) == 0x2e) {
    isWhole = false;
    const behind = digitsEnd(at + 1);
    if (behind == at + 1) return 0;
    at = behind;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    isWhole = false;
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const behind = digitsEnd(at);
    if (behind == at) return 0;
    at = behind;
  }
  return at;
}

// @ts-ignore: decorator
@inline
function view(from: usize, to: usize): u64 {
  return (<u64>(to - from) << 32) | from;
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
      if (isGoal && behind != 0 && !escaped) found = view(p + 1, behind - 1);
      return behind;
    }
    case 0x7b:
      return members(p, isGoal ? 0 : step, depth);
    case 0x5b:
      return elements(p, isGoal ? 0 : step, depth);
    case 0x74:
    case 0x66: {
      const behind = wordEnd(p);
      if (isGoal && behind != 0) found = view(p, behind);
      return behind;
    }
    case 0x6e:
      return wordEnd(p);
    default: {
      const behind = numberEnd(p);
      if (isGoal && behind != 0 && isWhole) found = view(p, behind);
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
    const isNext = nameBytes >= 0 && at - 1 - name == nameBytes && memory.compare(name, step + 4, nameBytes) == 0;
    at = blank(at);
    if (at >= end || load<u8>(at) != 0x3a) return 0;
    // Of members with one name the last counts.
    if (isNext) found = 0;
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

/**
 * The text (without quotes), whole number or truth value at a path, as a view (address in the low half, length in the
 * high); 0 where the host function is to look. A step is an i32 length and a name's bytes, or -1 - index.
 */
export function jsonScalar(address: usize, length: u32, path: usize, pathBytes: u32): u64 {
  end = address + length;
  stepsEnd = path + pathBytes;
  found = 0;
  const behind = value(blank(address), path, 0);
  return behind == 0 || blank(behind) != end ? 0 : found;
}
