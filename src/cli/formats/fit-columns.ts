/** A column is not made narrower than this. */
const widthMin = 10;

/**
 * Widths with which a table fits into a screen: the widest columns give way first. `frame` are the cells that each column
 * takes beside its width, and those at the edge. Fewer widths than asked for: the last columns do not fit at all.
 */
export function fitColumns(
  wanted: readonly number[],
  columns: number,
  frame: { readonly column: number; readonly edge: number },
): number[] {
  const widths = [...wanted];
  const total = (): number => widths.reduce((sum, width) => sum + width + frame.column, frame.edge);
  for (let over = total() - columns; over > 0; over = total() - columns) {
    const widest = Math.max(...widths);
    const next = Math.max(widthMin, ...widths.filter((width) => width < widest));
    const many = widths.filter((width) => width === widest).length;
    if (widest <= widthMin) {
      if (widths.length === 1) return widths;
      widths.pop();
      continue;
    }
    // Down to the next widest, all of the widest together; or as far as it takes.
    const target = Math.max(next, widest - Math.ceil(over / many));
    for (const [at, width] of widths.entries()) if (width === widest) widths[at] = target;
  }
  return widths;
}
