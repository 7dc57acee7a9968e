// All matches of a regular expression, from the start on: counted, and replaced.
import { copyBytes } from './bytes';
import { regexFind } from './regex';

/** Where the next match is looked for: behind the last one, and at least a character further. */
function behind(address: usize, length: i32, start: i32, end: i32): i32 {
  if (end > start || end >= length) return end > start ? end : end + 1;
  const first = load<u8>(address + end);
  return end + (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
}

let matchedBytes: i64 = 0;

/** How many matches there are; -1 where the search would take too long. `slots`: room for the places of one. */
export function regexCount(code: usize, address: usize, length: i32, slots: usize): i32 {
  let count = 0;
  let from = 0;
  matchedBytes = 0;
  while (from <= length) {
    const found = regexFind(code, address, length, from, slots);
    if (found == 2) return -1;
    if (found == 0) break;
    count++;
    const start = load<i32>(slots);
    const end = load<i32>(slots, 4);
    matchedBytes += end - start;
    from = behind(address, length, start, end);
  }
  return count;
}

/** Bytes of the text with all matches replaced; -1 where the search would take too long. */
export function regexReplacedLength(code: usize, address: usize, length: i32, byLength: u32, slots: usize): i64 {
  const count = regexCount(code, address, length, slots);
  return count < 0 ? -1 : <i64>length - matchedBytes + <i64>count * byLength;
}

/** Writes what `regexReplacedLength` measured. */
export function regexReplace(
  code: usize,
  address: usize,
  length: i32,
  by: usize,
  byLength: u32,
  slots: usize,
  to: usize,
): void {
  let target = to;
  let from = 0;
  let kept = 0;
  while (from <= length && regexFind(code, address, length, from, slots) == 1) {
    const start = load<i32>(slots);
    const end = load<i32>(slots, 4);
    copyBytes(target, address + kept, start - kept);
    copyBytes(target + (start - kept), by, byLength);
    target += start - kept + byLength;
    kept = end;
    from = behind(address, length, start, end);
  }
  copyBytes(target, address + kept, length - kept);
}
