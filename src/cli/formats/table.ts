import { isAppendOnly } from '../../plan/logical.ts';
import { rowTexts } from '../../session/result-text.ts';
import type { AnswerHeader, ResultRow } from '../../session/statement-event.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { displayWidth, padded } from '../display-width.ts';
import type { AnswerWriter, WriteText } from './answer-writer.ts';

/** Rows by which the columns' widths are found before the first is shown. */
const firstRowsMax = 200;
/** A column gets no wider than this; a longer value stands out of it, whole. */
const widthMax = 60;
/** An answer that has rows is shown after this time, complete or not. */
const showAfterMs = 150;

export interface TableLook {
  /** A frame of lines, for a terminal. */
  readonly boxes: boolean;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  /** Rows shown of an answer; those beyond are counted. */
  readonly rowsMax: number;
  readonly indent: string;
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
  readonly #names: readonly string[];
  readonly #isRight: readonly boolean[];
  readonly #textsOf: (row: ResultRow) => readonly (string | null)[];
  readonly #hasOp: boolean;
  #widths: number[];
  /** Rows before the head is shown. */
  #first: (readonly string[])[] | null = [];
  #timer: { cancel(): void } | null = null;
  #shown = 0;
  #left = 0;

  constructor(write: WriteText, look: TableLook, header: AnswerHeader) {
    this.#write = write;
    this.#look = look;
    this.#hasOp = !isAppendOnly(header.changes);
    this.#names = [...(this.#hasOp ? ['op'] : []), ...header.columns.map(({ name }) => name)];
    this.#isRight = [...(this.#hasOp ? [false] : []), ...header.columns.map(({ type }) => isNumeric(type))];
    this.#textsOf = rowTexts(header);
    this.#widths = this.#names.map(displayWidth);
  }

  rows(rows: readonly ResultRow[]): void {
    const room = Math.max(0, this.#look.rowsMax - this.#shown - (this.#first?.length ?? 0));
    const shown = rows.slice(0, room).map((row) => this.#cells(row));
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
    const { dim, boxes, indent } = this.#look;
    if (boxes) this.#line(dim(this.#rule('└', '┴', '┘')));
    const more = this.#left > 0 ? `${this.#left.toLocaleString('en')} more ${this.#left === 1 ? 'row' : 'rows'}` : null;
    const none = this.#shown === 0 && this.#left === 0 ? 'no rows' : null;
    const note = more ?? none;
    if (note !== null) this.#write(`${indent}${dim(note)}\n`);
  }

  /** The answer is refused: what there is of it stays, nothing is said of what there is not. */
  cut(): void {
    if (this.#first?.length === 0) this.#timer?.cancel();
    else this.end();
  }

  #cells(row: ResultRow): readonly string[] {
    const texts = this.#textsOf(row).map((text) => (text === null ? 'NULL' : visible(text)));
    return this.#hasOp ? [row.kind, ...texts] : texts;
  }

  #showFirst(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const first = this.#first;
    if (first === null) return;
    this.#first = null;
    this.#widen(first);
    const { bold, dim, boxes } = this.#look;
    if (boxes) this.#line(dim(this.#rule('┌', '┬', '┐')));
    this.#line(this.#row(this.#names, bold));
    this.#line(dim(boxes ? this.#rule('├', '┼', '┤') : this.#widths.map((width) => '-'.repeat(width)).join('  ')));
    this.#show(first);
  }

  #show(rows: readonly (readonly string[])[]): void {
    this.#widen(rows);
    this.#shown += rows.length;
    const { indent } = this.#look;
    this.#write(rows.map((row) => `${`${indent}${this.#row(row, (text) => text)}`.trimEnd()}\n`).join(''));
  }

  #widen(rows: readonly (readonly string[])[]): void {
    this.#widths = this.#widths.map((width, column) =>
      rows.reduce((widest, row) => {
        const needed = displayWidth(row[column] ?? '');
        return needed > widest ? Math.min(needed, Math.max(widthMax, widest)) : widest;
      }, width),
    );
  }

  #row(cells: readonly string[], style: (text: string) => string): string {
    const { boxes, dim } = this.#look;
    const padding = cells.map((cell, column) =>
      style(padded(cell, this.#widths[column] ?? 0, this.#isRight[column] ?? false)),
    );
    if (!boxes) return padding.join('  ');
    const bar = dim('│');
    return `${bar} ${padding.join(` ${bar} `)} ${bar}`;
  }

  #rule(left: string, middle: string, right: string): string {
    return left + this.#widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  }

  #line(text: string): void {
    this.#write(`${this.#look.indent}${text}\n`);
  }
}

/** Control characters as they would be written in a program, so that a value cannot move the cursor. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function isNumeric(type: SqlType): boolean {
  return ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL'].includes(type.kind);
}
