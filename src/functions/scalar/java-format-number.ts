import { FormatError, justified, type Specifier } from './java-format.ts';

/** `%d`, `%o` and `%x` of a whole number of so many bits. @throws FormatError */
export function wholeNumberText(value: bigint, bits: number, specifier: Specifier): string {
  const { conversion, flags, width = 0 } = specifier;
  if (conversion === 'd') {
    const digits = String(value < 0n ? -value : value);
    return justified(signed(digits, value < 0n, specifier), specifier);
  }
  if (['(', ' ', '+'].some((flag) => flags.has(flag))) throw new FormatError("two's complement has no sign");
  const digits = BigInt.asUintN(bits, value).toString(conversion === 'x' ? 16 : 8);
  const prefix = flags.has('#') ? (conversion === 'x' ? '0x' : '0') : '';
  return justified(prefix + (flags.has('0') ? digits.padStart(width - prefix.length, '0') : digits), specifier);
}

/** `%f`, `%e`, `%g` and `%a`. */
export function floatingText(value: number, specifier: Specifier): string {
  const isNegative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return justified('NaN', specifier);
  if (magnitude === Infinity) return justified(enclosed('Infinity', isNegative, specifier), specifier);
  const { conversion, flags, precision } = specifier;
  const pointed = (digits: string): string => (flags.has('#') && !digits.includes('.') ? `${digits}.` : digits);
  const text = ((): string => {
    switch (conversion) {
      case 'a':
        return enclosed(hexadecimal(magnitude, isNegative, specifier), isNegative, specifier);
      case 'e':
        return scientific(magnitude, precision ?? 6, isNegative, specifier);
      case 'g': {
        const digits = Math.max(1, precision ?? 6);
        const exponent = magnitude === 0 ? 0 : exponentOf(magnitude, digits - 1);
        if (exponent < -4 || exponent >= digits) return scientific(magnitude, digits - 1, isNegative, specifier);
        return signed(pointed(halfUp(magnitude, digits - 1 - exponent)), isNegative, specifier);
      }
      default:
        return signed(pointed(halfUp(magnitude, precision ?? 6)), isNegative, specifier);
    }
  })();
  return justified(text, specifier);
}

/** Between what the flags put for a sign. */
function enclosed(text: string, isNegative: boolean, { flags }: Pick<Specifier, 'flags'>): string {
  if (!isNegative) return (flags.has('+') ? '+' : flags.has(' ') ? ' ' : '') + text;
  return flags.has('(') ? `(${text})` : `-${text}`;
}

/** With sign, separators and zeros up to the width, of which what follows takes `reserved`. */
function signed(digits: string, isNegative: boolean, specifier: Specifier, reserved = 0): string {
  const { flags, width = 0 } = specifier;
  const [whole = '', fraction] = digits.split('.');
  const separated = flags.has(',') ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  const body = fraction === undefined ? separated : `${separated}.${fraction}`;
  if (!flags.has('0')) return enclosed(body, isNegative, specifier);
  const room = width - reserved - enclosed('', isNegative, specifier).length;
  return enclosed(body.padStart(room, '0'), isNegative, specifier);
}

/** One digit before the point; rounded as `halfUp` rounds, which may carry into the exponent. */
function scientific(value: number, precision: number, isNegative: boolean, specifier: Specifier): string {
  const exponent = value === 0 ? 0 : exponentOf(value, precision);
  const shortest = value === 0 ? 0 : Number(value.toExponential().split('e')[0]);
  const rounded = halfUp(shortest, precision);
  const mantissa = rounded.startsWith('10') ? halfUp(1, precision) : rounded;
  const power = `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const pointed = precision === 0 && specifier.flags.has('#') ? `${mantissa}.` : mantissa;
  const number = signed(pointed, isNegative, specifier, power.length);
  return number.endsWith(')') ? `${number.slice(0, -1)}${power})` : number + power;
}

/** The power of ten when so many digits behind the point are kept. */
function exponentOf(value: number, precision: number): number {
  const [shortest = '0', power = '0'] = value.toExponential().split('e');
  return Number(power) + (halfUp(Number(shortest), precision).startsWith('10') ? 1 : 0);
}

/** Rounds the shortest decimal text of a number half up, as Java does, and not its binary value. */
function halfUp(value: number, precision: number): string {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const scale = digits.length - 1 - Number(exponent);
  let unscaled = BigInt(digits);
  if (scale > precision) {
    const step = 10n ** BigInt(scale - precision);
    unscaled = (unscaled + step / 2n) / step;
  } else unscaled *= 10n ** BigInt(precision - scale);
  const text = String(unscaled).padStart(precision + 1, '0');
  return precision === 0 ? text : `${text.slice(0, -precision)}.${text.slice(-precision)}`;
}

/** `0x1.8p3`; a precision cuts the fraction to so many digits, one at least, and rounds half to even. */
function hexadecimal(value: number, isNegative: boolean, { precision, flags, width = 0 }: Specifier): string {
  const digits = precision === undefined ? undefined : Math.max(1, precision);
  const [mantissa, exponent] = hexParts(value, digits === undefined || digits >= 13 ? undefined : digits);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const padded = digits === undefined ? fraction : fraction.padEnd(digits, '0');
  // Java counts the sign, and not the digits that are added behind the point.
  const taken = enclosed('', isNegative, { flags }).length + `0x${mantissa}p${exponent}`.length;
  const zeros = flags.has('0') ? '0'.repeat(Math.max(0, width - taken)) : '';
  return `0x${zeros}${whole}.${padded}p${exponent}`;
}

/** As Double.toHexString: a subnormal has the exponent -1022, but is normal once it is rounded. */
function hexParts(value: number, digits: number | undefined): readonly [string, number] {
  if (value === 0) return ['0.0', 0];
  const bits = bitsOf(value);
  const biased = Number(bits >> 52n);
  if (digits === undefined) {
    const fraction = (bits & fractionMask).toString(16).padStart(13, '0').replace(/0+$/, '') || '0';
    return [`${biased === 0 ? 0 : 1}.${fraction}`, biased === 0 ? -1022 : biased - 1023];
  }
  const shift = biased === 0 ? 54 : 0;
  const scaled = bitsOf(value * 2 ** shift);
  const dropped = BigInt(52 - 4 * digits);
  const rest = scaled & ((1n << dropped) - 1n);
  const half = 1n << (dropped - 1n);
  const kept = scaled >> dropped;
  const rounded = (kept + (rest > half || (rest === half && (kept & 1n) === 1n) ? 1n : 0n)) << dropped;
  const fraction = (rounded & fractionMask).toString(16).padStart(13, '0').replace(/0+$/, '') || '0';
  return [`1.${fraction}`, Number(rounded >> 52n) - 1023 - shift];
}

const fractionMask = (1n << 52n) - 1n;

function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n;
}
