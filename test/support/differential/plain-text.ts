/** A value without the digits that its type adds: the dialects give sums types of their own, and times their own zeros. */
export function plainText(text: string | null): string {
  if (text === null) return 'NULL';
  if (/^-?\d+\.\d+E-?\d+$/.test(text)) return String(Number(text));
  const isPadded = /^(-?\d+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d*0$/.test(text) || /^-?\d+\.0$/.test(text);
  return isPadded ? text.replace(/\.?0+$/, '') : text;
}
