/** An index that is known only when the module is complete: imports come before functions. */
export interface Relocated {
  readonly kind: 'import' | 'function';
  readonly slot: number;
}

/** What is done before a store to memory that snapshots are made of: the page is marked as changed. */
export interface StoreTracker {
  /** Where the marks stand: a byte a page, 1 for one that has changed already. */
  readonly marks: number;
  readonly pageShift: number;
  /** A function that takes the address and the bytes that are to change. */
  readonly touch: Relocated;
}

/** Which bytes behind the address in a local are known to lie in pages that are marked already. */
export type Marked = (localIndex: number, end: number) => boolean;

/** A growing byte buffer with the integer encodings of the WebAssembly binary format (LEB128). */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  readonly #relocations: { readonly at: number; readonly target: Relocated }[] = [];
  length = 0;
  /** Null where nobody asks what is stored. */
  readonly tracker: StoreTracker | null;
  readonly isMarked: Marked;

  constructor(tracker: StoreTracker | null = null, isMarked: Marked = () => false) {
    this.tracker = tracker;
    this.isMarked = isMarked;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: Uint8Array | readonly number[]): void {
    this.#grow(values.length);
    // An opcode: a call of `set` would cost more than its bytes.
    if (values.length <= 4) for (const value of values) this.#bytes[this.length++] = value;
    else {
      this.#bytes.set(values, this.length);
      this.length += values.length;
    }
  }

  /** Unsigned LEB128 of a value up to 2^32 - 1. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit value; a value in [2^31, 2^32) is taken as its two's complement. */
  i32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** Signed LEB128 of a 64-bit value. */
  i64(value: bigint): void {
    // In two halves: shifting a BigInt makes a new one each time.
    let rest = Number(BigInt.asIntN(32, value));
    let high = Number(BigInt.asIntN(32, value >> 32n));
    for (;;) {
      const low = rest & 0x7f;
      rest = (rest >>> 7) | (high << 25);
      high >>= 7;
      const sign = (low & 0x40) === 0 ? 0 : -1;
      if (rest === sign && high === sign) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** An index to be filled in by `relocate`, in a padded encoding of five bytes. */
  relocated(target: Relocated): void {
    this.#relocations.push({ at: this.length, target });
    this.bytes([0x80, 0x80, 0x80, 0x80, 0x00]);
  }

  /** Fills in the indices left open. */
  relocate(indexOf: (target: Relocated) => number): void {
    for (const { at, target } of this.#relocations) {
      let rest = indexOf(target);
      for (let byte = 0; byte < 5; byte++) {
        this.#bytes[at + byte] = (rest & 0x7f) | (byte < 4 ? 0x80 : 0);
        rest >>>= 7;
      }
    }
  }

  f32(value: number): void {
    this.#grow(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.#grow(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A name: its UTF-8 bytes, preceded by their count. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  /** A section or body: its bytes, preceded by their count. */
  sized(content: ByteWriter): void {
    this.u32(content.length);
    this.bytes(content.toBytes());
  }

  /** The bytes written so far, without a copy. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length) as Uint8Array<ArrayBuffer>;
  }

  #grow(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
