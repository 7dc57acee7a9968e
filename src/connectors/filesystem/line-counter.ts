import { closeSync, openSync, readSync } from 'node:fs';

const pieceBytes = 256 * 1024;

/** Line numbers of places in a file, counted when they are asked for; going forward, each byte is read once. */
export class LineCounter {
  readonly #path: string;
  #offset = 0;
  #line = 1;

  constructor(path: string) {
    this.#path = path;
  }

  /** The line, from 1, that holds a byte. */
  lineAt(offset: number): number {
    if (offset < this.#offset) {
      this.#offset = 0;
      this.#line = 1;
    }
    if (offset === this.#offset) return this.#line;
    const file = openSync(this.#path, 'r');
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, offset - this.#offset));
    try {
      while (this.#offset < offset) {
        const count = readSync(file, piece, 0, Math.min(piece.length, offset - this.#offset), this.#offset);
        if (count === 0) break;
        for (let at = piece.indexOf(10); at >= 0 && at < count; at = piece.indexOf(10, at + 1)) this.#line++;
        this.#offset += count;
      }
    } finally {
      closeSync(file);
    }
    return this.#line;
  }
}
