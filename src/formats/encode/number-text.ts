/** Texts of numbers, as Java prints them. */

/** All digits of the scale: BigDecimal.toPlainString. */
export function decimalPlainText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const isNegative = unscaled < 0n;
  const digits = String(isNegative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${isNegative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Without trailing zeros, and with an exponent where Java's BigDecimal has one: 1.5, 1E+2, 1E-10. */
export function decimalShortText(unscaled: bigint, scale: number): string {
  if (unscaled === 0n) return '0';
  const sign = unscaled < 0n ? '-' : '';
  const all = String(unscaled < 0n ? -unscaled : unscaled);
  const digits = all.replace(/0+$/, '');
  const shortScale = scale - (all.length - digits.length);
  const exponent = digits.length - 1 - shortScale;
  if (shortScale >= 0 && exponent >= -6) return sign + decimalPlainText(BigInt(digits), shortScale);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${sign}${digits[0]}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`;
}
