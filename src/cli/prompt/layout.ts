import { displayWidth } from '../display-width.ts';
import type { Terminal } from '../terminal.ts';
import type { SqlStyle, StyledSpan } from './highlight.ts';
import type { RegionCursor } from './screen-region.ts';

/** A text as rows of a screen, and where the cursor stands in them. */
export interface Layout {
  readonly rows: readonly string[];
  readonly cursor: RegionCursor;
}

export interface LayoutRequest {
  readonly text: string;
  readonly cursor: number;
  readonly spans: readonly StyledSpan[];
  /** Before the first line, and before the others: of the same width. */
  readonly prompts: readonly [first: string, other: string];
  readonly columns: number;
  readonly colors: Terminal['colors'];
}

/** A tab is drawn as so many blanks. */
const tab = '    ';

/** Breaks a text into rows of `columns` cells at most, behind the prompts. */
export function layOut({ text, cursor, spans, prompts, columns, colors }: LayoutRequest): Layout {
  const paint = painter(colors);
  const rows: string[] = [];
  let row = colors.dim(prompts[0]);
  let width = displayWidth(prompts[0]);
  let place: RegionCursor = { row: 0, column: 0 };
  let span = 0;
  /** What is to be painted in one style. */
  let run = '';
  let runStyle: SqlStyle | null = null;
  const flush = (): void => {
    row += runStyle === null ? run : paint[runStyle](run);
    run = '';
  };
  const endRow = (next: string): void => {
    flush();
    rows.push(row);
    row = next === '' ? '' : colors.dim(next);
    width = displayWidth(next);
  };
  let at = 0;
  for (const character of text) {
    if (at === cursor) place = { row: rows.length, column: width };
    if (character === '\n') endRow(prompts[1]);
    else {
      const shown = shownAs(character);
      const cells = displayWidth(shown);
      if (width + cells > columns) {
        endRow('');
        if (at === cursor) place = { row: rows.length, column: 0 };
      }
      while ((spans[span]?.end ?? Number.POSITIVE_INFINITY) <= at) span++;
      const covering = spans[span];
      const style = covering !== undefined && covering.start <= at ? covering.style : null;
      if (style !== runStyle) {
        flush();
        runStyle = style;
      }
      run += shown;
      width += cells;
    }
    at += character.length;
  }
  // The cursor behind a full row stands on the next.
  if (width >= columns && cursor === text.length) endRow('');
  if (at === cursor) place = { row: rows.length, column: width };
  flush();
  rows.push(row);
  return { rows, cursor: place };
}

function shownAs(character: string): string {
  if (character === '\t') return tab;
  return /^\p{Cc}$/u.test(character) ? '\ufffd' : character;
}

function painter(colors: Terminal['colors']): Readonly<Record<SqlStyle, (text: string) => string>> {
  return {
    keyword: (text) => colors.bold(colors.blue(text)),
    function: colors.cyan,
    text: colors.green,
    number: colors.magenta,
    comment: colors.dim,
    wrong: colors.red,
  };
}
