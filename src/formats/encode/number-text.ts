/** Texts of numbers, as Java prints them. */

/** All digits of the scale: BigDecimal.toPlainString. */
export function decimalPlainText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const isNegative = unscaled < 0n;
  const digits = String(isNegative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${isNegative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** As Double.toString and Float.toString (JDK 19 and later): the shortest digits that give the number back. */
export function floatText(value: number, kind: 'FLOAT' | 'DOUBLE'): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = '0'] = (kind === 'DOUBLE' ? value.toExponential() : shortestFloat(value)).split('e');
  const exponent = Number(power);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

function shortestFloat(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential();
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
