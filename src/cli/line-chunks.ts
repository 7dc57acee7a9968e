/** Lines of bytes that come in pieces, without their ends; an empty line is none. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that are whole now. */
  push(piece: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      take(lines, bytes.subarray(from, at));
      from = at + 1;
    }
    this.#rest = bytes.subarray(from);
    return lines;
  }

  /** What is left: a last line without its end. */
  end(): Buffer[] {
    const lines: Buffer[] = [];
    take(lines, this.#rest);
    return lines;
  }
}

function take(lines: Buffer[], line: Buffer): void {
  const isReturned = line.length > 0 && line[line.length - 1] === 13;
  const text = isReturned ? line.subarray(0, line.length - 1) : line;
  if (text.length > 0) lines.push(text);
}
