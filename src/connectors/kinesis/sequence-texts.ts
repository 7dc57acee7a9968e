import { type SequenceShard, sequenceNumber } from '../../streams/sequence-number.ts';

/** From a record to the next, a sequence number grows by 16^20: its place stands above that. */
const step = digitsOf((16n ** 20n).toString());

/** Sequence numbers of records in a row, as text, without a big number for each. */
export class SequenceTexts {
  /** Digits as numbers, the highest first. */
  #digits = new Uint8Array(0);

  /** Begins with a record. */
  start(shard: SequenceShard, recordIndex: number, arrivalMs: number): void {
    this.#digits = digitsOf(sequenceNumber(shard, recordIndex, arrivalMs));
  }

  get length(): number {
    return this.#digits.length;
  }

  /** Writes the number as ASCII digits. */
  write(target: Uint8Array, at: number): void {
    for (let place = 0; place < this.#digits.length; place++) target[at + place] = 48 + (this.#digits[place] ?? 0);
  }

  /** Goes on to the next record of the commit. */
  next(): void {
    const digits = this.#digits;
    let carry = 0;
    let stepAt = step.length - 1;
    for (let place = digits.length - 1; place >= 0 && (stepAt >= 0 || carry > 0); place--) {
      const sum = (digits[place] ?? 0) + (stepAt >= 0 ? (step[stepAt--] ?? 0) : 0) + carry;
      carry = sum > 9 ? 1 : 0;
      digits[place] = sum - 10 * carry;
    }
  }
}

function digitsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (digit) => digit.charCodeAt(0) - 48);
}
