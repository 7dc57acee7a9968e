import type { NestedValue } from '../../memory/nested.ts';
import type { AnswerHeader, ResultRow } from '../../session/statement-event.ts';
import { displayWidth } from '../display-width.ts';
import { fitColumns } from '../formats/fit-columns.ts';
import { boxCells, cutCells, TableFrame } from '../formats/table-frame.ts';
import type { Terminal } from '../terminal.ts';
import { LiveRows } from './live-rows.ts';
import { rowComparator } from './row-comparator.ts';

/** A row that is new is bold for so long. */
const newForMs = 700;
/** How far a row has moved is told for so long. */
const movedForMs = 3000;
/** Cells of `▲12` beside a row. */
const markWidth = 5;

interface Standing {
  readonly place: number;
  /** Places up; 0: it has not moved, or long ago. */
  readonly moved: number;
  readonly sinceMs: number;
}

/** An updating result as the table that it is: drawn as often as is asked for, in the order of its ranking if it has one. */
export class LiveTable {
  readonly #header: AnswerHeader;
  readonly #colors: Terminal['colors'];
  readonly #frame: TableFrame;
  readonly #rows: LiveRows<ResultRow>;
  readonly #compare: ((a: ResultRow, b: ResultRow) => number) | null;
  #widths: readonly number[];
  /** When a row was first drawn. */
  readonly #seenMs = new WeakMap<ResultRow, number>();
  /** Who stands where, of the rows drawn last; null before the first drawing. */
  #standings: Map<string, Standing> | null = null;

  constructor(header: AnswerHeader, colors: Terminal['colors'], rowsMax: number) {
    this.#header = header;
    this.#colors = colors;
    this.#frame = new TableFrame({ boxes: true, dim: colors.dim, bold: colors.bold }, header, false);
    this.#rows = new LiveRows(rowsMax);
    this.#widths = this.#frame.nameWidths;
    const keys = header.order?.keys ?? [];
    const compare = rowComparator(keys);
    this.#compare = keys.length === 0 ? null : (a, b) => compare(a.values, b.values);
  }

  /** Rows as they stand. */
  get size(): number {
    return this.#rows.size;
  }

  apply(rows: readonly ResultRow[]): void {
    for (const row of rows) this.#rows.apply(row.kind, keyOf(row.values), row);
  }

  /** The table in so many lines at most, of the width at most. `nowMs`: what is new is marked; null: nothing is. */
  draw(columns: number, linesMax: number, nowMs: number | null): string[] {
    // Frame, head and the line of what is left.
    const room = Math.max(1, linesMax - 5);
    const shown = this.#firstRows(this.#rows.size > room + 1 ? room : room + 1);
    const cells = shown.map((row) => this.#frame.cells(row));
    const marks = nowMs === null ? null : this.#marks(shown, nowMs);
    const widths = this.#fit(cells, columns - (marks === null ? 0 : markWidth));
    const lines = cells.map((row, at) => {
      const isNew = nowMs !== null && this.#isNew(shown[at], nowMs);
      const style = isNew ? this.#colors.bold : (text: string) => text;
      return this.#frame.row(cutCells(row, widths), widths, style) + (marks?.[at] ?? '');
    });
    if (nowMs !== null) this.#standings ??= new Map();
    const left = this.#rows.size - shown.length;
    const more =
      left > 0 ? [this.#colors.dim(`… and ${left.toLocaleString('en')} more ${left === 1 ? 'row' : 'rows'}`)] : [];
    const frame = this.#frame;
    return [...frame.top(widths), ...frame.head(widths), ...lines, ...frame.bottom(widths), ...more];
  }

  /** The first rows in the order of the ranking, or of their places. */
  #firstRows(count: number): ResultRow[] {
    const first: ResultRow[] = [];
    const compare = this.#compare;
    for (const row of this.#rows) {
      if (compare === null) {
        first.push(row);
        if (first.length === count) break;
        continue;
      }
      const last = first.at(-1);
      if (first.length === count && last !== undefined && compare(row, last) >= 0) continue;
      let [low, high] = [0, first.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(first[middle] as ResultRow, row) <= 0) low = middle + 1;
        else high = middle;
      }
      first.splice(low, 0, row);
      if (first.length > count) first.pop();
    }
    return first;
  }

  /** Widths never shrink while the query runs, or the table would shake; but for the screen. */
  #fit(cells: readonly (readonly string[])[], columns: number): readonly number[] {
    const wanted = this.#frame.names.map((_, column) =>
      cells.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), this.#widths[column] ?? 0),
    );
    this.#widths = wanted;
    return fitColumns({ wanted, isRigid: this.#frame.isNumber, columns, frame: boxCells });
  }

  #isNew(row: ResultRow | undefined, nowMs: number): boolean {
    if (row === undefined) return false;
    const seenMs = this.#seenMs.get(row);
    if (seenMs !== undefined) return nowMs - seenMs < newForMs;
    // With the first drawing all is new, and nothing is worth telling.
    this.#seenMs.set(row, this.#standings === null ? Number.NEGATIVE_INFINITY : nowMs);
    return this.#standings !== null;
  }

  /** `▲2`, `▼1`, `new`: how rows have moved. Null where the query does not rank, or does not show whom. */
  #marks(shown: readonly ResultRow[], nowMs: number): string[] | null {
    const { place, identity } = this.#header.order ?? { place: null, identity: null };
    if (identity === null) return null;
    const before = this.#standings;
    const standings = new Map<string, Standing>();
    const marks = shown.map((row, index) => {
      const who = keyOf(identity.map((column) => row.values[column] ?? null));
      const at = place === null ? index : Number(row.values[place] ?? 0);
      const was = before?.get(who);
      if (was === undefined) {
        const sinceMs = before === null ? Number.NEGATIVE_INFINITY : nowMs;
        standings.set(who, { place: at, moved: Number.POSITIVE_INFINITY, sinceMs });
      } else if (was.place !== at) standings.set(who, { place: at, moved: was.place - at, sinceMs: nowMs });
      else standings.set(who, was);
      return this.#mark(standings.get(who), nowMs);
    });
    this.#standings = standings;
    return marks;
  }

  #mark(standing: Standing | undefined, nowMs: number): string {
    if (standing === undefined || nowMs - standing.sinceMs >= movedForMs) return '';
    const { green, red, cyan } = this.#colors;
    const { moved } = standing;
    if (moved === Number.POSITIVE_INFINITY) return cyan(' new');
    return moved > 0 ? green(` ▲${moved}`) : red(` ▼${-moved}`);
  }
}

/** Equal for equal rows. */
function keyOf(values: readonly NestedValue[]): string {
  let key = '';
  for (const value of values) {
    if (value === null) key += '\u0000';
    else if (value instanceof Uint8Array) key += `${Buffer.from(value).toString('latin1')}\u0001`;
    else if (typeof value === 'object') key += `[${keyOf(value)}]\u0001`;
    else key += `${value}\u0001`;
  }
  return key;
}
