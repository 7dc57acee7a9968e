/** A column of text is not made narrower than this. */
const widthMin = 10;

export interface FitRequest {
  readonly wanted: readonly number[];
  /** Columns that are shown whole or not at all: half a number is another number. */
  readonly isRigid: readonly boolean[];
  /** Of the screen. */
  readonly columns: number;
  /** Cells that each column takes beside its width, and those at the edge. */
  readonly frame: { readonly column: number; readonly edge: number };
}

/**
 * Widths with which a table fits into a screen: the widest columns give way first. Fewer widths than asked for: the last
 * columns do not fit at all.
 */
export function fitColumns({ wanted, isRigid, columns, frame }: FitRequest): number[] {
  for (let count = wanted.length; count > 1; count--) {
    const room = columns - frame.edge - count * frame.column;
    const widths = shrunk(wanted.slice(0, count), isRigid, room);
    if (widths !== null) return widths;
  }
  return wanted.slice(0, 1).map((width) => Math.min(width, columns - frame.edge - frame.column));
}

/** Null where they cannot be so narrow. */
function shrunk(widths: number[], isRigid: readonly boolean[], room: number): number[] | null {
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width, 0) - room;
    if (over <= 0) return widths;
    const soft = widths.filter((width, at) => isRigid[at] !== true && width > widthMin);
    if (soft.length === 0) return null;
    // Down to the next widest, all of the widest together; or as far as it takes.
    const widest = Math.max(...soft);
    const many = soft.filter((width) => width === widest).length;
    const next = Math.max(widthMin, ...soft.filter((width) => width < widest));
    const target = Math.max(next, widest - Math.ceil(over / many));
    widths = widths.map((width, at) => (isRigid[at] !== true && width === widest ? target : width));
  }
}
