/** Which characters make a name without back-ticks, as Flink (Calcite) has it. */

/** First and last code of each range of letters; `$` and `_` are letters. */
const letters = [
  [0x24, 0x24],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0xff],
  [0x100, 0x1fff],
  [0x3040, 0x318f],
  [0x3300, 0x337f],
  [0x3400, 0x3d2d],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
] as const;

export function isNameStart(code: number): boolean {
  if (code < 128) {
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
  }
  return letters.some(([first, last]) => code >= first && code <= last);
}

/** The digits of other scripts lie among the letters above, but for those below 0x100. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The offset behind a name's last character. */
export function endOfName(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); isNameStart(code) || isDigit(code); code = text.charCodeAt(at)) at++;
  return at;
}
