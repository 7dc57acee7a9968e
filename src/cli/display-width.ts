/** Cells that a text takes on a terminal: 2 for East Asian wide characters and emoji, 0 for marks that combine. */
export function displayWidth(text: string): number {
  // Most texts are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

/** Filled with spaces to a width; a longer text as it is. */
export function padded(text: string, width: number, toTheRight: boolean): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return toTheRight ? spaces + text : text + spaces;
}

/** The text, or as much of its beginning as fits with an ellipsis behind it. */
export function cutToWidth(text: string, width: number): string {
  if (text.length <= width && /^[\x20-\x7e]*$/.test(text)) return text;
  if (displayWidth(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const character of text) {
    used += cellsOf(character);
    if (used > width) break;
    cut += character;
  }
  return `${cut}…`;
}

function cellsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd) ||
    // Pictures among the signs: a tick, a star. The letters of flags are narrow, two make one flag.
    (/^\p{Emoji_Presentation}$/u.test(character) && !(code >= 0x1f1e6 && code <= 0x1f1ff));
  return isWide ? 2 : 1;
}
