import type { Random } from './random.ts';

/** A flush is due from here on. */
const roomBytes = 1 << 21;
/** No event's line is longer. */
const lineBytesMax = 1 << 13;

const blank = 0x20;
const letterA = 0x61;
const digit0 = 0x30;

/** Lines of text, written byte by byte: strings would be most of the generator's time. */
export class LineBytes {
  readonly bytes = Buffer.alloc(roomBytes + lineBytesMax);
  length = 0;
  #dayStartMs = Number.NaN;
  #day = ascii('yyyy-MM-dd ');

  get isFull(): boolean {
    return this.length >= roomBytes;
  }

  text(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) this.bytes[this.length + at] = bytes[at] ?? 0;
    this.length += bytes.length;
  }

  byte(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** A whole number, not negative. */
  number(value: number): void {
    let end = this.length + 1;
    for (let limit = 10; value >= limit; limit *= 10) end++;
    this.length = end;
    let rest = value;
    do {
      const quotient = Math.floor(rest / 10);
      this.bytes[--end] = digit0 + (rest - quotient * 10);
      rest = quotient;
    } while (rest > 0);
  }

  /** With leading zeros. */
  digits(value: number, count: number): void {
    let rest = value;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const quotient = (rest / 10) | 0;
      this.bytes[at] = digit0 + (rest - quotient * 10);
      rest = quotient;
    }
    this.length += count;
  }

  /** From 3 to `max` - 1 letters and separators; blanks at the ends are cut. */
  word(random: Random, max: number, separator = blank): void {
    const start = this.length;
    const count = 3 + random.below(max - 3);
    for (let at = 0; at < count; at++) this.byte(random.below(13) === 0 ? separator : letterA + random.below(26));
    if (separator !== blank) return;
    while (this.length > start && this.bytes[this.length - 1] === blank) this.length--;
    let first = start;
    while (first < this.length && this.bytes[first] === blank) first++;
    this.bytes.copyWithin(start, first, this.length);
    this.length -= first - start;
  }

  /** Letters that bring an event of `size` characters to about `average`: give or take a fifth of what is missing. */
  padding(random: Random, size: number, average: number): void {
    if (size > average) return;
    const missing = average - size;
    const spread = Math.round(missing * 0.2);
    this.#letters(random, missing - spread + (spread === 0 ? 0 : random.below(2 * spread)));
  }

  /** `yyyy-MM-dd HH:mm:ss.SSS` */
  time(ms: number): void {
    const dayStartMs = Math.floor(ms / 86_400_000) * 86_400_000;
    if (dayStartMs !== this.#dayStartMs) {
      this.#dayStartMs = dayStartMs;
      this.#day = ascii(`${new Date(ms).toISOString().slice(0, 10)} `);
    }
    this.text(this.#day);
    const ofDay = ms - dayStartMs;
    this.digits((ofDay / 3_600_000) | 0, 2);
    this.byte(0x3a);
    this.digits(((ofDay / 60_000) | 0) % 60, 2);
    this.byte(0x3a);
    this.digits(((ofDay / 1000) | 0) % 60, 2);
    this.byte(0x2e);
    this.digits(ofDay % 1000, 3);
  }

  /** Six of each random number. */
  #letters(random: Random, count: number): void {
    const end = this.length + count;
    while (this.length < end) {
      const value = random.next();
      const high = Math.floor(value / 17_576);
      this.#threeLetters(value - high * 17_576);
      this.#threeLetters(high % 17_576);
    }
    this.length = end;
  }

  /** The three lowest digits in base 26, the lowest first. */
  #threeLetters(value: number): void {
    this.byte(letterA + (value % 26));
    this.byte(letterA + (((value / 26) | 0) % 26));
    this.byte(letterA + ((value / 676) | 0));
  }
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
