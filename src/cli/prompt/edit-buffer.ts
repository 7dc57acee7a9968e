/** What is being typed: a text of one line or more, and where the cursor stands. Steps are characters as a person sees them. */
export class EditBuffer {
  #text = '';
  #cursor = 0;
  /** What was cut last. */
  #cut = '';
  /** The column that up and down keep to. */
  #column: number | null = null;

  get text(): string {
    return this.#text;
  }

  /** An offset in the text. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Puts another text in, the cursor behind it. */
  set(text: string): void {
    this.#text = text;
    this.#moveTo(text.length);
  }

  insert(text: string): void {
    this.replace(this.#cursor, text);
  }

  /** Puts a text in the place of what stands from an offset to the cursor. */
  replace(from: number, text: string): void {
    this.#text = this.#text.slice(0, from) + text + this.#text.slice(this.#cursor);
    this.#moveTo(from + text.length);
  }

  left(): void {
    this.#moveTo(stepBefore(this.#text, this.#cursor));
  }

  right(): void {
    this.#moveTo(stepBehind(this.#text, this.#cursor));
  }

  wordLeft(): void {
    this.#moveTo(this.#wordStart());
  }

  wordRight(): void {
    this.#moveTo(this.#wordEnd());
  }

  home(): void {
    this.#moveTo(this.#lineStart(this.#cursor));
  }

  end(): void {
    this.#moveTo(this.#lineEnd(this.#cursor));
  }

  toStart(): void {
    this.#moveTo(0);
  }

  toEnd(): void {
    this.#moveTo(this.#text.length);
  }

  /** False on the first line. */
  up(): boolean {
    const start = this.#lineStart(this.#cursor);
    if (start === 0) return false;
    this.#toLine(this.#lineStart(start - 1), this.#cursor - start);
    return true;
  }

  /** False on the last line. */
  down(): boolean {
    const end = this.#lineEnd(this.#cursor);
    if (end === this.#text.length) return false;
    this.#toLine(end + 1, this.#cursor - this.#lineStart(this.#cursor));
    return true;
  }

  deleteLeft(): void {
    this.#delete(stepBefore(this.#text, this.#cursor), this.#cursor);
  }

  deleteRight(): void {
    this.#delete(this.#cursor, stepBehind(this.#text, this.#cursor));
  }

  cutWordLeft(): void {
    this.#cutOut(this.#wordStart(), this.#cursor);
  }

  cutWordRight(): void {
    this.#cutOut(this.#cursor, this.#wordEnd());
  }

  cutToLineStart(): void {
    this.#cutOut(this.#lineStart(this.#cursor), this.#cursor);
  }

  /** At a line's end its break is cut. */
  cutToLineEnd(): void {
    const end = this.#lineEnd(this.#cursor);
    this.#cutOut(this.#cursor, end === this.#cursor ? Math.min(end + 1, this.#text.length) : end);
  }

  /** Puts in what was cut last. */
  paste(): void {
    this.insert(this.#cut);
  }

  #toLine(start: number, column: number): void {
    const wanted = this.#column ?? column;
    const end = this.#lineEnd(start);
    const at = Math.min(start + wanted, end);
    this.#moveTo(at === end ? end : wholeBefore(this.#text, start, at));
    this.#column = wanted;
  }

  #moveTo(offset: number): void {
    this.#cursor = offset;
    this.#column = null;
  }

  #delete(from: number, to: number): void {
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#moveTo(from);
  }

  #cutOut(from: number, to: number): void {
    if (from === to) return;
    this.#cut = this.#text.slice(from, to);
    this.#delete(from, to);
  }

  #lineStart(offset: number): number {
    return offset === 0 ? 0 : this.#text.lastIndexOf('\n', offset - 1) + 1;
  }

  #lineEnd(offset: number): number {
    const end = this.#text.indexOf('\n', offset);
    return end < 0 ? this.#text.length : end;
  }

  #wordStart(): number {
    const before = this.#text.slice(0, this.#cursor);
    return before.length - (/[\p{L}\p{N}_$]*[^\p{L}\p{N}_$]*$/u.exec(before)?.[0].length ?? 0);
  }

  #wordEnd(): number {
    const behind = this.#text.slice(this.#cursor);
    return this.#cursor + (/^[^\p{L}\p{N}_$]*[\p{L}\p{N}_$]*/u.exec(behind)?.[0].length ?? 0);
  }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** A character as a person sees it has no more code units than this, or is cut. */
const stepMax = 64;

function stepBefore(text: string, offset: number): number {
  const from = Math.max(0, offset - stepMax);
  let last = from;
  for (const { index } of segmenter.segment(text.slice(from, offset))) last = from + index;
  return last;
}

/** The offset, or where the character begins that it would split. */
function wholeBefore(text: string, lineStart: number, offset: number): number {
  let last = lineStart;
  for (const { index } of segmenter.segment(text.slice(lineStart, offset + stepMax))) {
    if (lineStart + index > offset) break;
    last = lineStart + index;
  }
  return last;
}

function stepBehind(text: string, offset: number): number {
  for (const { segment } of segmenter.segment(text.slice(offset, offset + stepMax))) return offset + segment.length;
  return offset;
}
