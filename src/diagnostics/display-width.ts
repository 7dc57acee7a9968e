/** How wide a text is on a terminal, and how to show what a terminal would not show as it is. */

/** Columns of a tab: a tab is shown as blanks, so that a caret below it stands right. */
const tabWidth = 4;

/** The text with tabs as blanks and without other control characters. */
export function displayed(text: string): string {
  let shown = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code === 9) shown += ' '.repeat(tabWidth);
    else shown += code < 32 || (code >= 127 && code < 160) ? '\ufffd' : character;
  }
  return shown;
}

/** Columns of a text as `displayed`. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of displayed(text)) width += widthOf(character.codePointAt(0) ?? 0);
  return width;
}

function widthOf(code: number): number {
  if (code < 0x300) return 1;
  if (zeroWidth.some(([first, last]) => code >= first && code <= last)) return 0;
  return doubleWidth.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

const zeroWidth = [
  [0x300, 0x36f],
  [0x200b, 0x200f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
] as const;

/** East Asian wide letters and pictographs (Unicode Standard Annex 11, the large blocks of it). */
const doubleWidth = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f9ff],
  [0x20000, 0x3fffd],
] as const;
