import { displayWidth } from '../display-width.ts';
import type { Terminal } from '../terminal.ts';

/** A place in the region: row from its top, column in cells. */
export interface RegionCursor {
  readonly row: number;
  readonly column: number;
}

/**
 * The rows at the bottom of what was written to a terminal, which are drawn over in place. No row is wider than the
 * terminal, and there are no more of them than it has, or what has scrolled away cannot be drawn over.
 */
export class ScreenRegion {
  readonly #terminal: Terminal;
  #rows: readonly string[] = [];
  #cursor: RegionCursor = { row: 0, column: 0 };
  /** The terminal's width when the rows were drawn. */
  #columns = 0;
  /** The cursor is shown only where something is typed. */
  #isCursorShown = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws the rows in the place of those before. `cursor`: where it stands; null: it is hidden. */
  draw(rows: readonly string[], cursor: RegionCursor | null): void {
    // A terminal that has another width now may have broken rows; else rows that are the same need not be written.
    const before = this.#terminal.columns === this.#columns ? this.#rows : [];
    this.#terminal.write(atOnce(this.#home() + this.#drawn(rows, cursor, before)));
  }

  /** Writes whole lines above the region, which stays at the bottom. */
  writeAbove(text: string): void {
    if (this.#rows.length === 0) {
      this.#terminal.write(text);
      return;
    }
    const home = this.#home();
    const again = this.#drawn(this.#rows, this.#isCursorShown ? this.#cursor : null, []);
    this.#terminal.write(atOnce(home + eraseBelow + text + again));
  }

  /** Takes the region away; what is written next takes its place. */
  erase(): void {
    if (this.#rows.length === 0) return;
    this.#terminal.write(this.#home() + eraseBelow + this.#showCursor());
    this.#rows = [];
  }

  /** Lets the region stand as it is; what is written next comes below it. */
  leave(): void {
    if (this.#rows.length === 0) return;
    const down = this.#rows.length - 1 - this.#cursor.row;
    this.#terminal.write(`${down > 0 ? `\u001b[${down}B` : ''}\r\n${this.#showCursor()}`);
    this.#rows = [];
  }

  /** The screen was cleared by someone else, and the cursor is at its top. */
  forget(): void {
    this.#rows = [];
  }

  /** `before` are the rows that stand there now. */
  #drawn(rows: readonly string[], cursor: RegionCursor | null, before: readonly string[]): string {
    const lastRow = Math.max(0, rows.length - 1);
    const target = cursor ?? { row: lastRow, column: 0 };
    const up = lastRow - target.row;
    const visibility = cursor === null ? (this.#isCursorShown ? '\u001b[?25l' : '') : this.#showCursor();
    this.#isCursorShown = cursor !== null;
    this.#rows = rows;
    this.#cursor = target;
    // Erased before it is written: behind a row that fills the line a terminal would take its last cell away.
    const lines = rows.map((row, at) => {
      const isLast = at === lastRow;
      if (row === before[at] && (!isLast || before.length === rows.length)) return '';
      return (isLast ? eraseBelow : eraseLine) + row;
    });
    const move = `${up > 0 ? `\u001b[${up}A` : ''}\r${target.column > 0 ? `\u001b[${target.column}C` : ''}`;
    this.#columns = this.#terminal.columns;
    return `${lines.join('\r\n')}${move}${visibility}`;
  }

  /** To the first cell of the region. A terminal that has become narrower has broken rows that were wider. */
  #home(): string {
    if (this.#rows.length === 0) return '';
    const { columns } = this.#terminal;
    const above = this.#rows.slice(0, this.#cursor.row);
    const heights = above.map((row) => Math.max(1, Math.ceil(widthOf(row) / columns)));
    const up = heights.reduce((sum, height) => sum + height, 0) + Math.floor(this.#cursor.column / columns);
    return `\r${up > 0 ? `\u001b[${up}A` : ''}`;
  }

  #showCursor(): string {
    const isHidden = !this.#isCursorShown;
    this.#isCursorShown = true;
    return isHidden ? '\u001b[?25h' : '';
  }
}

/** Terminals that know it show nothing of a drawing before it is whole; the others ignore it. */
function atOnce(text: string): string {
  return `\u001b[?2026h${text}\u001b[?2026l`;
}

const eraseBelow = '\u001b[J';
const eraseLine = '\u001b[2K';

/** Cells of a text with colours. */
function widthOf(text: string): number {
  return displayWidth(text.replace(colorSequences, ''));
}

const controlStart = '\u001b';
const colorSequences = new RegExp(`${controlStart}\\[[0-9;]*m`, 'g');
