import { displayWidth, padded } from './display-width.ts';

/** Lines of aligned columns, the head first; numbers stand to the right. */
export function textColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isRight: readonly string[],
): readonly string[] {
  const widths = head.map((text, at) =>
    Math.max(displayWidth(text), ...rows.map((row) => displayWidth(row[at] ?? ''))),
  );
  return [head, ...rows].map((cells) =>
    cells
      .map((text, at) => padded(text, widths[at] ?? 0, isRight.includes(head[at] ?? '')))
      .join('  ')
      .trimEnd(),
  );
}
