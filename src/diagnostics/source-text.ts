/** A text that a person wrote, under the name by which errors call it: `queries/fraud/card-velocity.sql`, `prompt`. */
export class SourceText {
  /** What errors call it. */
  readonly name: string;
  /** All of it. */
  readonly text: string;
  /** The line number of the text's first line; above 1 where only a part of a file is held, such as one record. */
  readonly firstLine: number;
  #lineStarts: Int32Array | null = null;

  /** `firstLine`: the number of its first line. */
  constructor(name: string, text: string, firstLine = 1) {
    this.name = name;
    this.text = text;
    this.firstLine = firstLine;
  }

  /** Line and column of an offset, both from 1; the column counts code points. O(log lines) after the first call. */
  position(offset: number): Position {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const lineStart = starts[low] ?? 0;
    return { line: low + this.firstLine, column: codePoints(this.text, lineStart, offset) + 1 };
  }

  /** The text of a line, without its end. */
  line(line: number): string {
    const { start, end } = this.lineBounds(line);
    return this.text.slice(start, end);
  }

  /** Offsets of a line's first character and of its end, the line break left out. */
  lineBounds(line: number): { readonly start: number; readonly end: number } {
    const starts = this.#starts();
    const index = line - this.firstLine;
    const start = starts[index] ?? this.text.length;
    let end = starts[index + 1] ?? this.text.length;
    while (end > start && isLineBreak(this.text.charCodeAt(end - 1))) end--;
    return { start, end };
  }

  /** What a debugger or a JSON dump shows: never the text. */
  toJSON(): string {
    return this.name;
  }

  #starts(): Int32Array {
    if (this.#lineStarts === null) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = Int32Array.from(starts);
    }
    return this.#lineStarts;
  }
}

/** A place for people: line and column from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A stretch of a text, `[start, end)` in UTF-16 code units. */
export interface Span {
  /** The text that it is of. */
  readonly source: SourceText;
  /** Of its first character. */
  readonly start: number;
  /** Behind its last. */
  readonly end: number;
}

/** What the user wrote there. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** `queries/fraud.sql:2:46` */
export function placeOf(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.name}:${line}:${column}`;
}

function isLineBreak(code: number): boolean {
  return code === 10 || code === 13;
}

function codePoints(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}
