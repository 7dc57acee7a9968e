import { canBeEmpty, hasReferences, isAnchored, op, programHeader, type RegexProgram } from './regex-program.ts';

/** Where a state is not tried once, so many steps end a search. */
const stepsMax = 5_000_000;
/** Bits for the states of one text. */
const visitedBytesMax = 64 << 20;

/** A search that would take too long. */
class TooLong extends Error {
  constructor() {
    super('the regular expression would take too long on this text');
  }
}

/**
 * The places of the first match from a byte on, start and end of each group, -1 where it took nothing; null without a
 * match. The machine of `kernels/regex.ts`, for host functions. @throws Error where it would take too long
 */
export function findRegex({ words, slotCount }: RegexProgram, text: Uint8Array, from: number): Int32Array | null {
  const flags = words[programHeader.flags]!;
  const machine = new Machine(words, text, slotCount, (flags & hasReferences) === 0);
  const last = (flags & canBeEmpty) !== 0 ? text.length : text.length - 1;
  for (let start = from; start <= last; start++) {
    const byte = text[start];
    if (byte !== undefined && (byte & 0xc0) === 0x80) continue;
    if (byte !== undefined && ((words[programHeader.first + (byte >> 5)]! >>> (byte & 31)) & 1) === 0) continue;
    if ((flags & isAnchored) !== 0 && start > 0) return null;
    if (machine.run(programHeader.code, start) >= 0) return machine.slots;
  }
  return null;
}

class Machine {
  readonly slots: Int32Array;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #visited: Uint8Array | null;
  /** Pairs: a place of the program and of the text, or ~slot and what it held. */
  readonly #stack: number[] = [];
  #stepsLeft = stepsMax;

  constructor(words: Int32Array, text: Uint8Array, slotCount: number, remembers: boolean) {
    this.#words = words;
    this.#text = text;
    this.slots = new Int32Array(slotCount).fill(-1);
    const bytes = Math.ceil((words[programHeader.splits]! * (text.length + 1)) / 8);
    if (remembers && bytes > visitedBytesMax) throw new TooLong();
    this.#visited = remembers ? new Uint8Array(bytes) : null;
  }

  /** The byte behind the match; -1 without one. */
  run(from: number, start: number, remembers = this.#visited !== null): number {
    const words = this.#words;
    const text = this.#text;
    const stack = this.#stack;
    const base = stack.length;
    let pc = from;
    let at = start;
    while (true) {
      let holds = true;
      switch (words[pc]) {
        case op.match:
          stack.length = base;
          return at;
        case op.byte:
          holds = text[at] === words[pc + 1];
          at++;
          pc += 2;
          break;
        case op.class: {
          const [code, size] = decode(text, at);
          holds = at < text.length && this.#inClass(words[pc + 1]!, code);
          at += size;
          pc += 2;
          break;
        }
        case op.span:
          at = this.#spanEnd(words[pc + 1]!, at);
          pc = words[pc + 2]!;
          break;
        case op.split:
          holds = this.#isNew(words[pc + 3]!, at, remembers);
          if (holds) stack.push(words[pc + 2]!, at);
          pc = words[pc + 1]!;
          break;
        case op.jump:
          pc = words[pc + 1]!;
          break;
        case op.save:
          stack.push(~words[pc + 1]!, this.slots[words[pc + 1]!]!);
          this.slots[words[pc + 1]!] = at;
          pc += 2;
          break;
        case op.atStart:
          holds = at === 0;
          pc++;
          break;
        case op.atEnd:
          holds = at === text.length;
          pc++;
          break;
        case op.peek:
        case op.behind:
          holds = this.#isBeside(words[pc + 1]!, at, words[pc] === op.behind) !== (words[pc + 2] === 1);
          pc += 3;
          break;
        case op.look:
          holds = this.run(pc + 3, at, false) >= 0 !== (words[pc + 1] === 1);
          pc = words[pc + 2]!;
          break;
        case op.lookBehind:
          holds = this.#looksBack(pc, at) !== (words[pc + 1] === 1);
          pc = words[pc + 2]!;
          break;
        case op.atSlot:
          holds = this.slots[words[pc + 1]!] === at;
          pc += 2;
          break;
        case op.atomic:
          at = this.run(pc + 2, at, false);
          holds = at >= 0;
          pc = words[pc + 1]!;
          break;
        case op.reference: {
          const [open = -1, close = -1] = this.slots.subarray(2 * words[pc + 1]!);
          const length = close - open;
          holds = open >= 0 && close >= 0 && at + length <= text.length;
          for (let offset = 0; holds && offset < length; offset++) holds = text[open + offset] === text[at + offset];
          at += length;
          pc += 2;
          break;
        }
        case op.progress:
          holds = this.slots[words[pc + 1]!] !== at;
          pc += 2;
          break;
        default:
          holds = false;
      }
      while (!holds) {
        if (stack.length === base) return -1;
        const b = stack.pop()!;
        const a = stack.pop()!;
        if (a < 0) this.slots[~a] = b;
        else {
          pc = a;
          at = b;
          holds = true;
        }
      }
    }
  }

  #spanEnd(table: number, from: number): number {
    let at = from;
    while (at < this.#text.length) {
      const [code, size] = decode(this.#text, at);
      if (!this.#inClass(table, code)) break;
      at += size;
    }
    return at;
  }

  #looksBack(pc: number, at: number): boolean {
    const [, , , fewest = 0, most = 0, slot = 0] = this.#words.subarray(pc);
    this.slots[slot] = at;
    let start = at;
    for (let back = 0; back <= most; back++) {
      if (back >= fewest && this.run(pc + 6, start, false) >= 0) return true;
      if (start === 0) return false;
      do start--;
      while (start > 0 && (this.#text[start]! & 0xc0) === 0x80);
    }
    return false;
  }

  #isNew(split: number, at: number, remembers: boolean): boolean {
    if (!remembers || this.#visited === null) {
      if (--this.#stepsLeft < 0) throw new TooLong();
      return true;
    }
    const bit = split * (this.#text.length + 1) + at;
    const mask = 1 << (bit & 7);
    const byte = Math.floor(bit / 8);
    if ((this.#visited[byte]! & mask) !== 0) return false;
    this.#visited[byte]! |= mask;
    return true;
  }

  #isBeside(table: number, place: number, behind: boolean): boolean {
    let at = place;
    if (behind) {
      if (at === 0) return false;
      do at--;
      while (at > 0 && (this.#text[at]! & 0xc0) === 0x80);
    } else if (at === this.#text.length) return false;
    return this.#inClass(table, decode(this.#text, at)[0]);
  }

  #inClass(table: number, code: number): boolean {
    const words = this.#words;
    if (code < 128) return ((words[table + (code >> 5)]! >>> (code & 31)) & 1) === 1;
    let low = 0;
    let high = words[table + 4]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = table + 5 + 2 * middle;
      if (code < words[range]!) high = middle - 1;
      else if (code > words[range + 1]!) low = middle + 1;
      else return true;
    }
    return false;
  }
}

/** The character at a byte, and its bytes. */
function decode(text: Uint8Array, at: number): readonly [code: number, size: number] {
  const first = text[at] ?? 0;
  const next = (offset: number): number => text[at + offset]! & 0x3f;
  if (first < 0x80) return [first, 1];
  if (first < 0xe0) return [((first & 0x1f) << 6) | next(1), 2];
  if (first < 0xf0) return [((first & 0x0f) << 12) | (next(1) << 6) | next(2), 3];
  return [((first & 0x07) << 18) | (next(1) << 12) | (next(2) << 6) | next(3), 4];
}
