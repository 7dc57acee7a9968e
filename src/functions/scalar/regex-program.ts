import { charactersOf, isNullable, lengthsOf, needleOf, startsAtStart } from './regex-matches.ts';
import type { RegexNode } from './regex-syntax.ts';

/**
 * A regular expression as a program of 32-bit words for a machine that goes through a text's UTF-8 bytes
 * (`kernels/regex.ts` in the pipeline, `regex-machine.ts` for host functions). The same state at the same byte is tried
 * once, so the time is bounded by program times text; where that cannot be (references, looking around) by a count of
 * steps. Places in the text are kept in slots: 2n and 2n + 1 for group n.
 *
 * Source: Cox 2010, "Regular Expression Matching in the Wild" (the bit-state backtracker of RE2).
 */
export interface RegexProgram {
  readonly words: Int32Array<ArrayBuffer>;
  readonly slotCount: number;
}

/**
 * Words before the code: flags, slots, splits, then 256 bits of the bytes with which a match can begin; where the bytes
 * stand that are in each match, how many there are, and how many come before them at least and at most.
 */
export const programHeader = {
  flags: 0,
  slots: 1,
  splits: 2,
  first: 3,
  needle: 11,
  needleBytes: 12,
  needleFewest: 13,
  needleMost: 14,
  code: 15,
} as const;

/** The program has references: a state's success depends on what groups hold. */
export const hasReferences = 1;
/** A match can be empty, and so begin at the end. */
export const canBeEmpty = 2;
/** A match begins at the start of the text only. */
export const isAnchored = 4;

export const op = {
  match: 0,
  /** byte */
  byte: 1,
  /** word of the table */
  class: 2,
  /** preferred place, other place, number of the split */
  split: 3,
  /** place */
  jump: 4,
  /** slot */
  save: 5,
  atStart: 6,
  atEnd: 7,
  /** table, 1 where negated: the character behind, the character before */
  peek: 8,
  behind: 9,
  /** 1 where negated, place behind the body, which ends with `match` */
  look: 10,
  /** place behind the body; goes on where the body ended */
  atomic: 11,
  /** group */
  reference: 12,
  /** slot: the place where a round began; fails where the round took nothing */
  progress: 13,
  never: 14,
  /** 1 where negated, place behind the body, fewest and most characters to go back, slot that keeps the place at hand */
  lookBehind: 15,
  /** slot: the end of a body that looked back */
  atSlot: 16,
  /** word of the table, place behind: all characters of a class that come, of which none needs to be given back */
  span: 17,
} as const;

/** A split's own words. */
const splitWords = 4;
/** Beyond this a pattern such as `(a{1000}){1000}` is too large. */
const wordsMax = 100_000;
/** Characters that a lookbehind may go back; Java's own bound is as arbitrary. */
const lookBehindMax = 255;

/** The program of a pattern; null where it is too large or looks far behind. */
export function regexProgram(tree: RegexNode): RegexProgram | null {
  try {
    return new Compiler(tree).compile();
  } catch (error) {
    if (error instanceof NotCompiled) return null;
    throw error;
  }
}

class NotCompiled extends Error {}

class Compiler {
  readonly #tree: RegexNode;
  readonly #words: number[] = Array.from({ length: programHeader.code }, () => 0);
  readonly #tables = new Map<string, number>();
  readonly #patches: { readonly at: number; readonly source: string }[] = [];
  /** The splits of classes that are repeated as often as they can be. */
  readonly #rounds: number[] = [];
  #slots = 2;
  #splits = 0;
  #flags = 0;

  constructor(tree: RegexNode) {
    this.#tree = tree;
  }

  compile(): RegexProgram {
    this.#reserve(this.#tree);
    this.#emit(op.save, 0);
    this.#write(this.#tree);
    this.#emit(op.save, 1, op.match);
    for (const { at, source } of this.#patches) this.#words[at] = this.#table(source);
    this.#spans();
    const { bytes, isAny } = this.#first(programHeader.code);
    for (const byte of bytes) this.#words[programHeader.first + (byte >> 5)]! |= 1 << (byte & 31);
    if (isAny) this.#flags |= canBeEmpty;
    this.#needle();
    const words = Int32Array.from(this.#words);
    words[programHeader.flags] = this.#flags | (startsAtStart(this.#tree) ? isAnchored : 0);
    words[programHeader.slots] = this.#slots;
    words[programHeader.splits] = this.#splits;
    return { words, slotCount: this.#slots };
  }

  /** Slots of all groups come before those of the rounds. */
  #reserve(node: RegexNode): void {
    if (node.kind === 'capture') this.#slots = Math.max(this.#slots, 2 * node.index + 2);
    if ('body' in node) this.#reserve(node.body);
    if ('parts' in node) for (const part of node.parts) this.#reserve(part);
  }

  #emit(...words: readonly number[]): number {
    const at = this.#words.length;
    this.#words.push(...words);
    if (this.#words.length > wordsMax) throw new NotCompiled();
    return at;
  }

  #here(): number {
    return this.#words.length;
  }

  #write(node: RegexNode): void {
    switch (node.kind) {
      case 'empty':
        return;
      case 'never':
        this.#emit(op.never);
        return;
      case 'character':
        for (const byte of Buffer.from(String.fromCodePoint(node.code), 'utf8')) this.#emit(op.byte, byte);
        return;
      case 'class':
        this.#classAt(op.class, node.source);
        return;
      case 'sequence':
        for (const part of node.parts) this.#write(part);
        return;
      case 'alternatives':
        this.#alternatives(node.parts);
        return;
      case 'capture':
        this.#emit(op.save, 2 * node.index);
        this.#write(node.body);
        this.#emit(op.save, 2 * node.index + 1);
        return;
      case 'repeat':
        this.#repeat(node);
        return;
      case 'look':
        this.#look(node);
        return;
      case 'atomic':
        this.#inner(this.#emit(op.atomic, 0) + 1, node.body);
        return;
      case 'reference':
        this.#flags |= hasReferences;
        this.#emit(op.reference, node.index);
        return;
    }
  }

  #classAt(code: number, source: string, ...rest: readonly number[]): void {
    const at = this.#emit(code, 0, ...rest);
    this.#patches.push({ at: at + 1, source });
  }

  #alternatives(parts: readonly RegexNode[]): void {
    const ends: number[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) this.#write(part);
      else {
        const split = this.#emit(op.split, 0, 0, this.#splits++);
        this.#words[split + 1] = this.#here();
        this.#write(part);
        ends.push(this.#emit(op.jump, 0) + 1);
        this.#words[split + 2] = this.#here();
      }
    }
    for (const end of ends) this.#words[end] = this.#here();
  }

  #repeat({ body, min, max, isGreedy }: RegexNode & { readonly kind: 'repeat' }): void {
    for (let count = 0; count < min; count++) this.#write(body);
    const [inside, outside] = isGreedy ? [1, 2] : [2, 1];
    if (max === null) {
      const split = this.#emit(op.split, 0, 0, this.#splits++);
      if (isGreedy && body.kind === 'class') this.#rounds.push(split);
      this.#words[split + inside] = this.#here();
      const round = isNullable(body) ? this.#slots++ : null;
      if (round !== null) this.#emit(op.save, round);
      this.#write(body);
      if (round !== null) this.#emit(op.progress, round);
      this.#emit(op.jump, split);
      this.#words[split + outside] = this.#here();
      return;
    }
    const splits: number[] = [];
    for (let count = min; count < max; count++) {
      const split = this.#emit(op.split, 0, 0, this.#splits++);
      splits.push(split);
      this.#words[split + inside] = this.#here();
      this.#write(body);
    }
    for (const split of splits) this.#words[split + outside] = this.#here();
  }

  #look({ body, isAhead, isNegated }: RegexNode & { readonly kind: 'look' }): void {
    const negated = isNegated ? 1 : 0;
    if (body.kind === 'class' && body.source === '[\\s\\S]' && isNegated) this.#emit(isAhead ? op.atEnd : op.atStart);
    else if (body.kind === 'class') this.#classAt(isAhead ? op.peek : op.behind, body.source, negated);
    else if (body.kind === 'character') {
      const source = `[\\u{${body.code.toString(16)}}]`;
      this.#classAt(isAhead ? op.peek : op.behind, source, negated);
    } else if (isAhead) this.#inner(this.#emit(op.look, negated, 0) + 2, body);
    else this.#lookBehind(body, negated);
  }

  /** Each start from which the body may end here is tried, the nearest first. */
  #lookBehind(body: RegexNode, negated: number): void {
    const [fewest, most] = lengthsOf(body, charactersOf);
    if (most > lookBehindMax) throw new NotCompiled();
    const slot = this.#slots++;
    const at = this.#emit(op.lookBehind, negated, 0, fewest, most, slot);
    this.#write(body);
    this.#emit(op.atSlot, slot, op.match);
    this.#words[at + 2] = this.#here();
  }

  /** A body of its own, that ends with `match`; the word at `behind` says where the code goes on. */
  #inner(behind: number, body: RegexNode): void {
    this.#write(body);
    this.#emit(op.match);
    this.#words[behind] = this.#here();
  }

  /** Four words of ASCII bits, how many ranges, the ranges beyond ASCII. */
  #table(source: string): number {
    let at = this.#tables.get(source);
    if (at === undefined) {
      at = this.#emit(...classTable(source));
      this.#tables.set(source, at);
    }
    return at;
  }

  /** A class is taken in one go where what comes behind it begins with none of its characters, or has matched. */
  #spans(): void {
    for (const split of this.#rounds) {
      const behind = this.#words[split + 2]!;
      const own = this.#first(split + splitWords).bytes;
      const { bytes, isAny } = this.#first(behind);
      if (!this.#isMatch(behind) && (isAny || [...bytes].some((byte) => own.has(byte)))) continue;
      this.#words.splice(split, 3, op.span, this.#words[split + splitWords + 1]!, behind);
    }
  }

  /** Whether nothing is left to match at a place. */
  #isMatch(from: number): boolean {
    let pc = from;
    while (this.#words[pc] === op.save) pc += 2;
    return this.#words[pc] === op.match;
  }

  /** Puts the longest text that is in each match behind the code. */
  #needle(): void {
    const { text, fewest, most } = needleOf(this.#tree);
    const bytes = Buffer.from(text, 'utf8');
    const packed = new Int32Array(Math.ceil(bytes.length / 4));
    new Uint8Array(packed.buffer).set(bytes);
    this.#words[programHeader.needle] = this.#emit(...packed);
    this.#words[programHeader.needleBytes] = bytes.length;
    this.#words[programHeader.needleFewest] = fewest;
    this.#words[programHeader.needleMost] = most;
  }

  /** The bytes with which a match from a place of the code can begin; any, where it may take none or is not looked into. */
  #first(from: number, into: FirstBytes = { bytes: new Set(), isAny: false }, seen = new Set<number>()): FirstBytes {
    const words = this.#words;
    let pc = from;
    while (!seen.has(pc)) {
      seen.add(pc);
      switch (words[pc]) {
        case op.byte:
          into.bytes.add(words[pc + 1]!);
          return into;
        case op.class:
          this.#firstOfClass(words[pc + 1]!, into.bytes);
          return into;
        case op.span:
          this.#firstOfClass(words[pc + 1]!, into.bytes);
          pc = words[pc + 2]!;
          break;
        case op.split:
          this.#first(words[pc + 1]!, into, seen);
          pc = words[pc + 2]!;
          break;
        case op.jump:
          pc = words[pc + 1]!;
          break;
        case op.save:
        case op.progress:
          pc += 2;
          break;
        case op.atStart:
        case op.atEnd:
          pc += 1;
          // The end has no byte.
          if (words[pc - 1] === op.atEnd) into.isAny = true;
          break;
        case op.peek:
        case op.behind:
          pc += 3;
          break;
        case op.lookBehind:
          pc = words[pc + 2]!;
          break;
        case op.never:
          return into;
        default:
          for (let byte = 0; byte < 256; byte++) into.bytes.add(byte);
          into.isAny = true;
          return into;
      }
    }
    return into;
  }

  #firstOfClass(table: number, into: Set<number>): void {
    const words = this.#words;
    for (let byte = 0; byte < 128; byte++) if ((words[table + (byte >> 5)]! >>> (byte & 31)) & 1) into.add(byte);
    if (words[table + 4]! > 0) for (let byte = 0xc2; byte < 0xf5; byte++) into.add(byte);
  }
}

interface FirstBytes {
  readonly bytes: Set<number>;
  /** It can be empty, at the end of the text too. */
  isAny: boolean;
}

const tables = new Map<string, readonly number[]>();

function classTable(source: string): readonly number[] {
  const known = tables.get(source);
  if (known !== undefined) return known;
  const ascii = [0, 0, 0, 0];
  const one = new RegExp(`^${source}$`, 'v');
  for (let code = 0; code < 128; code++) {
    if (one.test(String.fromCharCode(code))) ascii[code >> 5]! |= 1 << (code & 31);
  }
  const table = [...ascii, ...beyond(source, one)];
  tables.set(source, table);
  return table;
}

/** A class that names no character beyond ASCII, nor a property, has all of those or none. */
const namesAsciiAlone = /^(?:[\x20-\x5b\x5d-\x7e]|\\(?:[tnvfr]|u\{[0-7]?[\da-f]\}|[^\da-z]))*$/i;

/** How many ranges of characters beyond ASCII are in a class, and the first and last of each. */
function beyond(source: string, one: RegExp): readonly number[] {
  if (namesAsciiAlone.test(source)) return one.test('\u0080') ? [1, 0x80, 0x10ffff] : [0];
  const ranges: number[] = [];
  for (const [run] of beyondAscii().matchAll(new RegExp(`${source}+`, 'gv'))) {
    // A run of matches may skip the surrogates, which no text holds.
    ranges.push(run.codePointAt(0)!, run.codePointAt(run.length - (run.charCodeAt(run.length - 1) >= 0xdc00 ? 2 : 1))!);
  }
  return [ranges.length / 2, ...ranges];
}

/** All characters beyond ASCII in their order. */
let characters: string | null = null;

function beyondAscii(): string {
  if (characters !== null) return characters;
  const plane = Uint16Array.from({ length: 0x10000 - 0x80 }, (_, at) => at + 0x80).filter(
    (unit) => unit < 0xd800 || unit > 0xdfff,
  );
  const pairs = new Uint16Array(0x100000 * 2);
  for (let at = 0; at < 0x100000; at++) {
    pairs[2 * at] = 0xd800 + (at >> 10);
    pairs[2 * at + 1] = 0xdc00 + (at & 0x3ff);
  }
  // Made of bytes at once: a string a character would be a million of them.
  characters = Buffer.from(plane.buffer).toString('utf16le') + Buffer.from(pairs.buffer).toString('utf16le');
  return characters;
}
