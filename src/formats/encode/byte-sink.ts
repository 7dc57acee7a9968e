/** Bytes that are written one after the other, in memory outside the engine's. */
export class ByteSink {
  #bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
  length = 0;
  /** Where records end, if the writer says so. */
  readonly ends: number[] = [];

  reset(): void {
    this.length = 0;
    this.ends.length = 0;
  }

  endRecord(): void {
    this.ends.push(this.length);
  }

  /** What was written, without a copy: valid until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** A copy of what was written from a place on, which is taken back. */
  takeFrom(start: number): Uint8Array {
    const taken = new Uint8Array(this.#bytes.subarray(start, this.length));
    this.length = start;
    return taken;
  }

  /** Puts a byte before what was written from a place on. */
  insert(start: number, value: number): void {
    this.#grow(1);
    this.#bytes.copyWithin(start + 1, start, this.length);
    this.#bytes[start] = value;
    this.length++;
  }

  /** UTF-16 units of the text, in UTF-8, that was written from a place on. */
  unitsFrom(start: number): number {
    const bytes = this.#bytes;
    let count = 0;
    for (let at = start; at < this.length; at++) {
      const byte = bytes[at] ?? 0;
      count += (byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
    }
    return count;
  }

  /** Has a byte from a place on a 1 in a table of all bytes? */
  hasFrom(start: number, table: Uint8Array): boolean {
    const bytes = this.#bytes;
    for (let at = start; at < this.length; at++) if (table[bytes[at] ?? 0] === 1) return true;
    return false;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  ascii(text: string): void {
    this.#grow(text.length);
    this.#bytes.write(text, this.length, 'latin1');
    this.length += text.length;
  }

  bytes(from: Uint8Array, start = 0, end = from.length): void {
    this.#grow(end - start);
    const target = this.#bytes;
    let at = this.length;
    // A short copy is faster byte by byte than by a view.
    if (end - start < 32) for (let i = start; i < end; i++) target[at++] = from[i] ?? 0;
    else target.set(from.subarray(start, end), at);
    this.length += end - start;
  }

  #grow(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
