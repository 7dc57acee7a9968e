import type { OptionValues } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';

/** A way to write text in bytes. */
export interface Charset {
  readonly isUtf8: boolean;
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
}

/** The option `charset`. @throws DiagnosticError for one that is not known */
export function charsetOf(options: OptionValues): Charset {
  const name = options.string('charset') ?? 'UTF-8';
  switch (name.toUpperCase().replaceAll('_', '-')) {
    case 'UTF-8':
    case 'UTF8':
      return nodeCharset('utf8');
    case 'ISO-8859-1':
    case 'LATIN1':
      return nodeCharset('latin1');
    case 'US-ASCII':
    case 'ASCII':
      return {
        isUtf8: false,
        decode: (bytes) => Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\u{fffd}')).join(''),
        encode: (text) =>
          Uint8Array.from(text, (letter) => (letter.charCodeAt(0) < 0x80 ? letter.charCodeAt(0) : 0x3f)),
      };
    case 'UTF-16LE':
      return nodeCharset('utf16le');
    case 'UTF-16':
    case 'UTF-16BE':
      return {
        isUtf8: false,
        decode: (bytes) => new TextDecoder('utf-16be').decode(bytes),
        encode: (text) => Buffer.from(text, 'utf16le').swap16(),
      };
    default:
      return fail('O003', options.span('charset'), `unknown charset "${name}"`, {
        help: 'there are: UTF-8, ISO-8859-1, US-ASCII, UTF-16, UTF-16BE, UTF-16LE',
      });
  }
}

function nodeCharset(encoding: 'utf8' | 'latin1' | 'utf16le'): Charset {
  return {
    isUtf8: encoding === 'utf8',
    decode: (bytes) => Buffer.from(bytes).toString(encoding),
    encode: (text) => Buffer.from(text, encoding),
  };
}
