import { rowTexts } from '../../session/result-text.ts';
import type { AnswerHeader, ResultRow } from '../../session/statement-event.ts';
import { displayWidth } from '../display-width.ts';
import type { AnswerWriter, WriteText } from './answer-writer.ts';
import { fitColumns } from './fit-columns.ts';
import { boxCells, cutCells, type FrameLook, TableFrame, visible } from './table-frame.ts';

/** Rows by which the columns' widths are found before the first is shown. */
const firstRowsMax = 200;
/** A column gets no wider than this; a longer value stands out of it, whole. */
const widthMax = 60;
/** An answer that has rows is shown after this time, complete or not. */
const showAfterMs = 150;

export interface TableLook extends FrameLook {
  /** Rows shown of an answer; those beyond are counted. */
  readonly rowsMax: number;
  readonly indent: string;
  /** The width that boxes must fit into, now; left out: values are shown whole. */
  readonly columns?: () => number;
  /** A timer, so that a slow answer's first rows are not held back. */
  readonly later: (callback: () => void, ms: number) => { cancel(): void };
}

/**
 * A table for people: numbers to the right, an `op` column where the result is updating. Rows are shown as they come;
 * the widths are those of the first rows and grow when a later one needs more. An answer that is a text of several lines
 * (EXPLAIN, SHOW CREATE) is shown as it is.
 */
export function tableWriter(write: WriteText, look: TableLook): AnswerWriter {
  let table: Pick<RunningTable, 'rows' | 'end' | 'cut'> | null = null;
  return {
    begin(header) {
      table = header.isText === true ? lines(write, look, header) : new RunningTable(write, look, header);
    },
    rows(rows) {
      table?.rows(rows);
    },
    end() {
      table?.end();
      table = null;
    },
    refused() {
      table?.cut();
      table = null;
    },
  };
}

/** A text of several lines, without a frame. */
function lines(
  write: WriteText,
  { indent }: TableLook,
  header: AnswerHeader,
): Pick<RunningTable, 'rows' | 'end' | 'cut'> {
  const textsOf = rowTexts(header);
  return {
    rows(rows) {
      for (const text of rows.flatMap((row) => textsOf(row)[0] ?? []))
        for (const line of text.trimEnd().split('\n')) write(`${`${indent}${visible(line)}`.trimEnd()}\n`);
    },
    end() {},
    cut() {},
  };
}

class RunningTable {
  readonly #write: WriteText;
  readonly #look: TableLook;
  readonly #frame: TableFrame;
  #widths: readonly number[];
  /** Rows before the head is shown. */
  #first: (readonly string[])[] | null = [];
  #timer: { cancel(): void } | null = null;
  #shown = 0;
  #left = 0;
  #isCut = false;

  constructor(write: WriteText, look: TableLook, header: AnswerHeader) {
    this.#write = write;
    this.#look = look;
    this.#frame = new TableFrame(look, header);
    this.#widths = this.#frame.nameWidths;
  }

  rows(rows: readonly ResultRow[]): void {
    const room = Math.max(0, this.#look.rowsMax - this.#shown - (this.#first?.length ?? 0));
    const shown = rows.slice(0, room).map((row) => this.#frame.cells(row));
    this.#left += rows.length - shown.length;
    if (this.#first === null) {
      this.#show(shown);
      return;
    }
    this.#first.push(...shown);
    if (this.#first.length >= firstRowsMax) this.#showFirst();
    else this.#timer ??= this.#look.later(() => this.#showFirst(), showAfterMs);
  }

  end(): void {
    this.#showFirst();
    this.#lines(this.#frame.bottom(this.#widths));
    const { dim, indent } = this.#look;
    const more = this.#left > 0 ? `${this.#left.toLocaleString('en')} more ${this.#left === 1 ? 'row' : 'rows'}` : null;
    const none = this.#shown === 0 && this.#left === 0 ? 'no rows' : null;
    const hidden = this.#frame.names.slice(this.#widths.length);
    const missing = hidden.length > 0 ? `not shown, as the terminal is too narrow: ${hidden.join(', ')}` : null;
    const cut = this.#isCut ? 'longer values are cut to the width of the terminal' : null;
    for (const note of [more ?? none, missing ?? cut]) if (note !== null) this.#write(`${indent}${dim(note)}\n`);
  }

  /** The answer is refused: what there is of it stays, nothing is said of what there is not. */
  cut(): void {
    if (this.#first?.length === 0) this.#timer?.cancel();
    else this.end();
  }

  #showFirst(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const first = this.#first;
    if (first === null) return;
    this.#widen(first);
    this.#first = null;
    this.#lines([...this.#frame.top(this.#widths), ...this.#frame.head(this.#widths)]);
    this.#show(first);
  }

  #show(rows: readonly (readonly string[])[]): void {
    this.#widen(rows);
    this.#shown += rows.length;
    this.#lines(rows.map((row) => this.#frame.row(this.#fitted(row), this.#widths, (text) => text)));
  }

  /** Cut, where there is a width to fit into. */
  #fitted(row: readonly string[]): readonly string[] {
    if (this.#look.columns === undefined) return row;
    const cells = cutCells(row, this.#widths);
    this.#isCut ||= cells.some((cell, column) => cell !== row[column]);
    return cells;
  }

  #widen(rows: readonly (readonly string[])[]): void {
    const { columns } = this.#look;
    const most = columns === undefined ? widthMax : columns();
    const wanted = this.#frame.names.map((_, column) =>
      rows.reduce((widest, row) => {
        const needed = displayWidth(row[column] ?? '');
        return needed > widest ? Math.min(needed, Math.max(most, widest)) : widest;
      }, this.#widths[column] ?? 0),
    );
    if (columns === undefined) {
      this.#widths = wanted;
      return;
    }
    const widths = fitColumns({ wanted, isRigid: this.#frame.isNumber, columns: columns(), frame: boxCells });
    // Once the head is shown, as many columns are.
    if (this.#first !== null || widths.length === this.#widths.length) this.#widths = widths;
  }

  #lines(lines: readonly string[]): void {
    this.#write(lines.map((line) => `${`${this.#look.indent}${line}`.trimEnd()}\n`).join(''));
  }
}
