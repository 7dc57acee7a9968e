/** As many as are on their way to the disk at a time, of the usual size: more are made anew. */
const keptMax = 4;
const keptBytesMax = 512 * 1024;

/** What frames are written in, used again: memory that is made anew for each commit costs more than the commit. */
export class FrameBuffers {
  readonly #free: Buffer[] = [];

  /** Of at least so many bytes. */
  take(bytes: number): Buffer {
    const found = this.#free.findIndex(({ length }) => length >= bytes);
    if (found >= 0) return this.#free.splice(found, 1)[0] ?? Buffer.allocUnsafeSlow(bytes);
    // One that is too small goes, so that the usual size comes to stay.
    this.#free.pop();
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** Gives one back that nobody reads any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < keptMax && buffer.length <= keptBytesMax) this.#free.push(buffer);
  }
}
