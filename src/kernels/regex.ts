// Regular expressions over UTF-8 bytes: the machine of `functions/scalar/regex-program.ts`, whose words it runs.
import { alloc, free } from './allocator';
import { bytesEqual } from './bytes';
import { textFind } from './text-search';

const slotsAt: usize = 4;
const splitsAt: usize = 8;
const firstAt: usize = 12;
/** Words: where the bytes stand that are in each match, how many there are, and how many come before them. */
const needleAt: i32 = 11;
const needleBytesAt: i32 = 12;
const needleFewestAt: i32 = 13;
const needleMostAt: i32 = 14;
const codeAt: i32 = 15;
const hasReferences: u32 = 1;
const canBeEmpty: u32 = 2;
const isAnchored: u32 = 4;

/** Where a state is not tried once, so many steps end a search. */
const stepsMax: i32 = 5_000_000;
/** Bits for the states of one text; beyond, the text is too long for the pattern. */
const visitedBytesMax: u64 = 64 << 20;
const stackBytesMax: u32 = 256 << 20;

let program: usize = 0;
let text: usize = 0;
let textBytes: i32 = 0;
let slots: usize = 0;
let stepsLeft: i32 = 0;

// Places to come back to, 8 bytes each: a word of the program and a byte of the text, or ~slot and what it held. What a
// long text needs beyond the home is given back after the search.
const stackHomeBytes: u32 = 1 << 14;
const stackHome: usize = memory.data(1 << 14);
let stack: usize = stackHome;
let stackBytes: u32 = stackHomeBytes;
let top: u32 = 0;

/** A bit for each split at each byte. */
const visitedHomeBytes: u32 = 1 << 12;
const visitedHome: usize = memory.data(1 << 12);
let visited: usize = visitedHome;
let visitedBytes: u32 = 0;
/** Many a text is done with before a state could be tried twice. */
let isCleared: bool = false;

function clearVisited(): void {
  isCleared = true;
  if (visitedBytes <= 128) {
    for (let at: u32 = 0; at < visitedBytes; at += 16) v128.store(visited + at, i8x16.splat(0));
  } else memory.fill(visited, 0, visitedBytes);
}

// @ts-ignore: decorator
@inline
function word(at: i32): i32 {
  return load<i32>(program + (<usize>at << 2));
}

// @ts-ignore: decorator
@inline
function push(a: i32, b: i32): bool {
  if (top + 8 > stackBytes && !growStack()) return false;
  store<i32>(stack + top, a);
  store<i32>(stack + top, b, 4);
  top += 8;
  return true;
}

function growStack(): bool {
  if (stackBytes >= stackBytesMax) return false;
  const grown = alloc(stackBytes * 2);
  memory.copy(grown, stack, top);
  if (stack != stackHome) free(stack);
  stack = grown;
  stackBytes *= 2;
  return true;
}

/** Bytes of the character at `at`, and the character in `decoded`. */
let decoded: u32 = 0;

function decode(at: usize): i32 {
  const first = <u32>load<u8>(at);
  if (first < 0x80) {
    decoded = first;
    return 1;
  }
  if (first < 0xe0) {
    decoded = ((first & 0x1f) << 6) | (load<u8>(at, 1) & 0x3f);
    return 2;
  }
  if (first < 0xf0) {
    decoded = ((first & 0x0f) << 12) | ((load<u8>(at, 1) & 0x3f) << 6) | (load<u8>(at, 2) & 0x3f);
    return 3;
  }
  decoded =
    ((first & 0x07) << 18) | ((load<u8>(at, 1) & 0x3f) << 12) | ((load<u8>(at, 2) & 0x3f) << 6) | (load<u8>(at, 3) & 0x3f);
  return 4;
}

function holds(table: i32, code: u32): bool {
  const at = program + (<usize>table << 2);
  if (code < 128) return ((load<u32>(at + ((code >> 5) << 2)) >> (code & 31)) & 1) != 0;
  let low = 0;
  let high = load<i32>(at, 16) - 1;
  const ranges = at + 20;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges + (<usize>middle << 3);
    if (code < load<u32>(range)) high = middle - 1;
    else if (code > load<u32>(range, 4)) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether a character of the class stands at a byte, or ends before it. */
function isBeside(table: i32, at: i32, behind: bool): bool {
  let p = at;
  if (behind) {
    if (p == 0) return false;
    do p--;
    while (p > 0 && (load<u8>(text + p) & 0xc0) == 0x80);
  } else if (p == textBytes) return false;
  decode(text + p);
  return holds(table, decoded);
}

/** The byte behind the characters of a class that stand from `from` on. */
function spanEnd(table: i32, from: i32): i32 {
  const ascii = program + (<usize>table << 2);
  let at = from;
  while (at < textBytes) {
    const byte = <u32>load<u8>(text + at);
    if (byte < 0x80) {
      if (((load<u32>(ascii + ((byte >> 5) << 2)) >> (byte & 31)) & 1) == 0) break;
      at++;
    } else {
      const size = decode(text + at);
      if (!holds(table, decoded)) break;
      at += size;
    }
  }
  return at;
}

/** 1 where a body ends here that began before, 0 where none does, -2 where it takes too long. */
function looksBack(pc: i32, at: i32): i32 {
  const fewest = word(pc + 3);
  const most = word(pc + 4);
  store<i32>(slots + (<usize>word(pc + 5) << 2), at);
  let start = at;
  for (let back = 0; back <= most; back++) {
    if (back >= fewest) {
      const end = run(pc + 6, start, false);
      if (end == -2) return -2;
      if (end >= 0) return 1;
    }
    if (start == 0) return 0;
    do start--;
    while (start > 0 && (load<u8>(text + start) & 0xc0) == 0x80);
  }
  return 0;
}

/** Runs the code from a word at a byte. @returns the byte behind the match; -1 without one, -2 where it takes too long */
function run(from: i32, start: i32, remembers: bool): i32 {
  const base = top;
  let pc = from;
  let at = start;
  while (true) {
    let failed = false;
    switch (word(pc)) {
      case 0: // match
        top = base;
        return at;
      case 1: // byte
        if (at < textBytes && load<u8>(text + at) == <u8>word(pc + 1)) {
          at++;
          pc += 2;
        } else failed = true;
        break;
      case 2: // class
        if (at < textBytes) {
          const size = decode(text + at);
          if (holds(word(pc + 1), decoded)) {
            at += size;
            pc += 2;
            break;
          }
        }
        failed = true;
        break;
      case 3: {
        // split
        if (remembers) {
          if (!isCleared) clearVisited();
          const bit = <u64>word(pc + 3) * (textBytes + 1) + at;
          const byte = visited + <usize>(bit >> 3);
          const mask = <u8>((<u32>1) << ((<u32>bit) & 7));
          if ((load<u8>(byte) & mask) != 0) {
            failed = true;
            break;
          }
          store<u8>(byte, load<u8>(byte) | mask);
        } else if (--stepsLeft < 0) return -2;
        if (!push(word(pc + 2), at)) return -2;
        pc = word(pc + 1);
        break;
      }
      case 4: // jump
        pc = word(pc + 1);
        break;
      case 5: {
        // save
        const slot = word(pc + 1);
        const place = slots + (<usize>slot << 2);
        if (!push(~slot, load<i32>(place))) return -2;
        store<i32>(place, at);
        pc += 2;
        break;
      }
      case 6:
        if (at == 0) pc++;
        else failed = true;
        break;
      case 7:
        if (at == textBytes) pc++;
        else failed = true;
        break;
      case 8:
      case 9:
        if (isBeside(word(pc + 1), at, word(pc) == 9) != (word(pc + 2) != 0)) pc += 3;
        else failed = true;
        break;
      case 10: {
        // look
        const end = run(pc + 3, at, false);
        if (end == -2) return -2;
        if (end >= 0 != (word(pc + 1) != 0)) pc = word(pc + 2);
        else failed = true;
        break;
      }
      case 11: {
        // atomic
        const end = run(pc + 2, at, false);
        if (end == -2) return -2;
        if (end >= 0) {
          at = end;
          pc = word(pc + 1);
        } else failed = true;
        break;
      }
      case 12: {
        // reference
        const group = slots + (<usize>word(pc + 1) << 3);
        const length = load<i32>(group, 4) - load<i32>(group);
        if (
          load<i32>(group) >= 0 &&
          load<i32>(group, 4) >= 0 &&
          at + length <= textBytes &&
          bytesEqual(text + load<i32>(group), text + at, length)
        ) {
          at += length;
          pc += 2;
        } else failed = true;
        break;
      }
      case 13: // progress
        if (load<i32>(slots + (<usize>word(pc + 1) << 2)) != at) pc += 2;
        else failed = true;
        break;
      case 15: {
        // lookBehind
        const found = looksBack(pc, at);
        if (found == -2) return -2;
        if (found != 0 != (word(pc + 1) != 0)) pc = word(pc + 2);
        else failed = true;
        break;
      }
      case 16: // atSlot
        if (load<i32>(slots + (<usize>word(pc + 1) << 2)) == at) pc += 2;
        else failed = true;
        break;
      case 17: // span
        at = spanEnd(word(pc + 1), at);
        pc = word(pc + 2);
        break;
      default:
        failed = true;
    }
    if (!failed) continue;
    // Back to the last place that has another way.
    while (true) {
      if (top == base) return -1;
      top -= 8;
      const a = load<i32>(stack + top);
      const b = load<i32>(stack + top, 4);
      if (a >= 0) {
        pc = a;
        at = b;
        break;
      }
      store<i32>(slots + (<usize>~a << 2), b);
    }
  }
}

/**
 * The first match from byte `from` on: 1 and its places in `into` (i32 start and end of each group, -1 where it took
 * nothing), 0 without one, 2 where the search would take too long.
 */
export function regexFind(code: usize, address: usize, length: i32, from: i32, into: usize): i32 {
  program = code;
  text = address;
  textBytes = length;
  slots = into;
  stepsLeft = stepsMax;
  top = 0;
  const slotsEnd = into + (<usize>load<u32>(code, slotsAt) << 2);
  for (let slot = into; slot < slotsEnd; slot += 4) store<i32>(slot, -1);
  const remembers = (load<u32>(code) & hasReferences) == 0;
  if (remembers) {
    const bytes = (<u64>load<u32>(code, splitsAt) * (length + 1) + 7) >> 3;
    if (bytes > visitedBytesMax) return 2;
    if (bytes > visitedHomeBytes) visited = alloc(<u32>bytes);
    visitedBytes = <u32>bytes;
    isCleared = false;
  }
  const answer = search(from, remembers);
  if (visited != visitedHome) {
    free(visited);
    visited = visitedHome;
  }
  if (stack != stackHome) {
    free(stack);
    stack = stackHome;
    stackBytes = stackHomeBytes;
  }
  return answer;
}

function search(from: i32, remembers: bool): i32 {
  const flags = load<u32>(program);
  const last = (flags & canBeEmpty) != 0 ? textBytes : textBytes - 1;
  const needle = program + (<usize>word(needleAt) << 2);
  const needleBytes = <u32>word(needleBytesAt);
  const fewest = word(needleFewestAt);
  const most = word(needleMostAt);
  let found = -1;
  for (let start = from; start <= last; start++) {
    if (needleBytes != 0) {
      if (found < start + fewest) found = textFind(text, textBytes, needle, needleBytes, start + fewest);
      if (found < 0) return 0;
      if (start < found - most) start = found - most;
    }
    if (start < textBytes) {
      const byte = <u32>load<u8>(text + start);
      if (((load<u32>(program + firstAt + ((byte >> 5) << 2)) >> (byte & 31)) & 1) == 0) continue;
      if ((byte & 0xc0) == 0x80) continue;
    }
    if ((flags & isAnchored) != 0 && start > 0) return 0;
    const end = run(codeAt, start, remembers);
    if (end >= 0) return 1;
    if (end == -2) return 2;
  }
  return 0;
}
