import { isAppendOnly } from '../../plan/logical.ts';
import { rowTexts } from '../../session/result-text.ts';
import type { AnswerHeader, ResultRow } from '../../session/statement-event.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { cutToWidth, displayWidth, padded } from '../display-width.ts';

/** What a table looks like. */
export interface FrameLook {
  /** A frame of lines, for a terminal. */
  readonly boxes: boolean;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** The columns of a table for people, and how its lines are drawn at given widths. */
export class TableFrame {
  readonly names: readonly string[];
  /** The narrowest widths: those of the names. */
  readonly nameWidths: readonly number[];
  /** Numbers stand to the right, and are not cut. */
  readonly isNumber: readonly boolean[];
  readonly #look: FrameLook;
  readonly #textsOf: (row: ResultRow) => readonly (string | null)[];
  readonly #hasOp: boolean;

  /** `hasOp`: the kind of each change stands in a first column. */
  constructor(look: FrameLook, header: AnswerHeader, hasOp = !isAppendOnly(header.changes)) {
    this.#look = look;
    this.#hasOp = hasOp;
    this.names = [...(hasOp ? ['op'] : []), ...header.columns.map(({ name }) => visible(name))];
    this.nameWidths = this.names.map(displayWidth);
    this.isNumber = [...(hasOp ? [false] : []), ...header.columns.map(({ type }) => isNumeric(type))];
    this.#textsOf = rowTexts(header);
  }

  cells(row: ResultRow): readonly string[] {
    const texts = this.#textsOf(row).map((text) => (text === null ? 'NULL' : visible(text)));
    return this.#hasOp ? [row.kind, ...texts] : texts;
  }

  top(widths: readonly number[]): string[] {
    return this.#look.boxes ? [this.#look.dim(rule(widths, '┌', '┬', '┐'))] : [];
  }

  head(widths: readonly number[]): string[] {
    const { dim, bold, boxes } = this.#look;
    return [
      this.row(cutCells(this.names, widths), widths, bold),
      dim(boxes ? rule(widths, '├', '┼', '┤') : widths.map((width) => '-'.repeat(width)).join('  ')),
    ];
  }

  /** Cells beyond the widths are left out. */
  row(cells: readonly string[], widths: readonly number[], style: (text: string) => string): string {
    const { boxes, dim } = this.#look;
    const texts = widths.map((width, column) =>
      style(padded(cells[column] ?? '', width, this.isNumber[column] ?? false)),
    );
    if (!boxes) return texts.join('  ');
    const bar = dim('│');
    return `${bar} ${texts.join(` ${bar} `)} ${bar}`;
  }

  bottom(widths: readonly number[]): string[] {
    return this.#look.boxes ? [this.#look.dim(rule(widths, '└', '┴', '┘'))] : [];
  }
}

/** Cells that a frame takes for a column beside its width, and once more. */
export const boxCells = { column: 3, edge: 1 } as const;

/** Cells no wider than their columns. */
export function cutCells(cells: readonly string[], widths: readonly number[]): string[] {
  return widths.map((width, column) => cutToWidth(cells[column] ?? '', width));
}

function rule(widths: readonly number[], left: string, middle: string, right: string): string {
  return left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
}

/** Control characters as they would be written in a program, so that a value cannot move the cursor. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function isNumeric(type: SqlType): boolean {
  return ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL'].includes(type.kind);
}
