import type { OptionSpec, OptionValues } from '../../catalog/options.ts';
import { DiagnosticError, fail, unsupported } from '../../diagnostics/diagnostic.ts';

export const csvOptionSpecs: readonly OptionSpec[] = [
  { name: 'field-delimiter', type: 'string', default: ',', doc: 'The character between values.' },
  { name: 'quote-character', type: 'string', default: '"', doc: 'The character around values that hold others.' },
  { name: 'disable-quote-character', type: 'boolean', default: 'false', doc: 'No character is a quote.' },
  { name: 'allow-comments', type: 'boolean', default: 'false', doc: 'Lines that start with # are left out.' },
  {
    name: 'ignore-parse-errors',
    type: 'boolean',
    default: 'false',
    doc: 'A value that cannot be read becomes NULL, a malformed record is left out and counted.',
  },
  {
    name: 'array-element-delimiter',
    type: 'string',
    default: ';',
    doc: 'What stands between the elements of arrays and rows.',
  },
  { name: 'escape-character', type: 'string', doc: 'The character that takes the meaning from the next one.' },
  { name: 'null-literal', type: 'string', doc: 'The text that is NULL; without it an empty text is no NULL.' },
  {
    name: 'write-bigdecimal-in-scientific-notation',
    type: 'boolean',
    default: 'true',
    doc: 'Accepted, without effect, as in Flink: decimals are written without trailing zeros, with an exponent where that is shorter.',
  },
];

/** The options of a table, as bytes. */
export interface CsvOptions {
  readonly delimiter: number;
  /** Null where no character is one. */
  readonly quote: number | null;
  readonly escape: number | null;
  readonly elementDelimiter: string;
  readonly nullLiteral: string | null;
  readonly allowComments: boolean;
  readonly ignoreErrors: boolean;
}

/** @throws DiagnosticError for a delimiter, quote or escape that is not one ASCII character */
export function csvOptions(options: OptionValues): CsvOptions {
  const isDisabled = options.boolean('disable-quote-character') === true;
  if (isDisabled && options.names.includes('quote-character')) {
    fail(
      'O005',
      options.span('quote-character'),
      "'csv.quote-character' and 'csv.disable-quote-character' exclude each other",
      {
        help: 'leave one of them out',
      },
    );
  }
  return {
    delimiter: delimiter(options),
    quote: isDisabled ? null : character(options, 'quote-character'),
    escape: character(options, 'escape-character'),
    elementDelimiter: elementDelimiter(options),
    nullLiteral: options.string('null-literal') ?? null,
    allowComments: options.boolean('allow-comments') === true,
    ignoreErrors: options.boolean('ignore-parse-errors') === true,
  };
}

const escapes: Readonly<Record<string, string>> = {
  '\\t': '\t',
  '\\n': '\n',
  '\\r': '\r',
  '\\\\': '\\',
  '\\"': '"',
  "\\'": "'",
};

/** The only one that may be written as an escape of Java. */
function delimiter(options: OptionValues): number {
  const name = 'field-delimiter';
  const given = options.string(name) ?? ',';
  const unicode = /^\\u([0-9a-fA-F]{4})$/.exec(given)?.[1];
  const text = unicode === undefined ? (escapes[given] ?? given) : String.fromCharCode(Number.parseInt(unicode, 16));
  return byteOf(options, name, text);
}

function elementDelimiter(options: OptionValues): string {
  const name = 'array-element-delimiter';
  const given = options.string(name) ?? ';';
  if (given.length !== 1) refuseLength(options, name, given);
  return given;
}

function character(options: OptionValues, name: string): number | null {
  const given = options.string(name);
  return given === undefined ? null : byteOf(options, name, given);
}

function byteOf(options: OptionValues, name: string, text: string): number {
  const code = text.codePointAt(0);
  if (text.length !== 1 || code === undefined) refuseLength(options, name, text);
  if (code < 0x80) return code;
  throw new DiagnosticError([unsupported('W001', options.span(name), `'csv.${name}' beyond ASCII`)]);
}

function refuseLength(options: OptionValues, name: string, text: string): never {
  fail('O003', options.span(name), `'csv.${name}' must be one character, but is "${text}"`);
}
