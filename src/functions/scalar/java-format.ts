/** A conversion that java.util.Formatter refuses. */
export class FormatError extends Error {}

/** `%[index$][flags][width][.precision]conversion`, as it was written and found good. */
export interface Specifier {
  /** 1 for the first argument; 0 for the next one. */
  readonly index: number;
  readonly flags: ReadonlySet<string>;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  /** In lower case; of a time `t` and its letter, as written. */
  readonly conversion: string;
  readonly isUpper: boolean;
}

/** The flags for numbers. */
const ofNumbers = '+ 0,(';
const timeLetters = /^[HIklMNLQpsSTzZaAbBCdehjmyYrRcDF]$/;

/** The flags that a conversion does not take, and whether it takes a precision. */
const conversions: ReadonlyMap<string, { readonly refused: string; readonly takesPrecision: boolean }> = new Map([
  ['b', { refused: `#${ofNumbers}`, takesPrecision: true }],
  ['h', { refused: `#${ofNumbers}`, takesPrecision: true }],
  ['s', { refused: `#${ofNumbers}`, takesPrecision: true }],
  ['c', { refused: `#${ofNumbers}`, takesPrecision: false }],
  ['t', { refused: `#${ofNumbers}`, takesPrecision: false }],
  ['d', { refused: '#', takesPrecision: false }],
  ['o', { refused: ',', takesPrecision: false }],
  ['x', { refused: ',', takesPrecision: false }],
  ['f', { refused: '', takesPrecision: true }],
  ['e', { refused: ',', takesPrecision: true }],
  ['g', { refused: '#', takesPrecision: true }],
  ['a', { refused: '(,', takesPrecision: true }],
  ['%', { refused: `#<${ofNumbers}`, takesPrecision: false }],
  ['n', { refused: `#-<${ofNumbers}`, takesPrecision: false }],
]);

const written = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([tT]?[a-zA-Z%])/g;

/** The texts and the specifiers of a format, in their order. @throws FormatError */
export function parseFormat(format: string): readonly (string | Specifier)[] {
  const parts: (string | Specifier)[] = [];
  let from = 0;
  for (const match of format.matchAll(written)) {
    parts.push(plainText(format.slice(from, match.index)), specifier(match));
    from = match.index + match[0].length;
  }
  parts.push(plainText(format.slice(from)));
  return parts;
}

function plainText(text: string): string {
  if (text.includes('%')) throw new FormatError('a conversion is malformed');
  return text;
}

function specifier([, index, flagText = '', width, precision, letters = '']: RegExpMatchArray): Specifier {
  const [letter = '', unit = ''] = letters;
  const isUpper = /[A-Z]/.test(letter);
  const kind = conversions.get(isUpper && 'BHSCXEGAT'.includes(letter) ? letter.toLowerCase() : letter);
  const flags = new Set(flagText);
  const check = (isGood: boolean): void => {
    if (!isGood) throw new FormatError(`no conversion %${flagText}${letters}`);
  };
  check(index === undefined || Number(index) > 0);
  check(kind !== undefined && (letter.toLowerCase() === 't' ? timeLetters.test(unit) : unit === ''));
  check(flags.size === flagText.length && ![...flags].some((flag) => kind?.refused.includes(flag)));
  check(precision === undefined || kind?.takesPrecision === true);
  check(width === undefined ? !flags.has('-') && !flags.has('0') : letter !== 'n');
  check(!(flags.has('+') && flags.has(' ')) && !(flags.has('-') && flags.has('0')));
  return {
    index: Number(index ?? 0),
    flags,
    width: width === undefined ? undefined : Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    conversion: letter.toLowerCase() + unit,
    isUpper,
  };
}

/** Blanks before, or behind with the flag `-`, up to the width. */
export function justified(text: string, { flags, width, isUpper }: Specifier): string {
  const cased = isUpper ? text.toUpperCase() : text;
  if (width === undefined) return cased;
  return flags.has('-') ? cased.padEnd(width) : cased.padStart(width);
}
