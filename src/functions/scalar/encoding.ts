import { BIGINT, BYTES, STRING } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { isBinary, isInteger } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import { newText } from './text-value.ts';

/** Text as bytes of a character set and back, and Base64. */

export const toBase64: ScalarFunction = {
  name: 'TO_BASE64',
  category: 'string',
  summary: 'The bytes in Base64; of a text its UTF-8 bytes.',
  examples: [{ sql: "TO_BASE64('order-7')", result: 'b3JkZXItNw==' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([text]) => Buffer.from(String(text), 'utf8').toString('base64') },
    },
    {
      params: [parameter('bytes', 'BYTES', isBinary)],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([bytes]) => Buffer.from(bytes as Uint8Array).toString('base64') },
    },
  ],
};

export const fromBase64: ScalarFunction = {
  name: 'FROM_BASE64',
  category: 'string',
  summary: 'The text whose UTF-8 bytes stand in Base64, with or without `=` at the end.',
  examples: [{ sql: "FROM_BASE64('b3JkZXItNw==')", result: 'order-7' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(false),
      code: {
        kind: 'host',
        evaluate: ([text]) => {
          const base64 = String(text);
          if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.replace(/=+$/, '').length % 4 === 1) {
            throw new Error(`${JSON.stringify(base64)} is not Base64`);
          }
          return Buffer.from(base64, 'base64').toString('utf8');
        },
      },
    },
  ],
};

/** The character sets that every Java has, by what a name comes to without its punctuation. */
const charsets: Readonly<Record<string, Charset>> = {
  UTF8: 'utf8',
  USASCII: 'ascii',
  ASCII: 'ascii',
  ISO646US: 'ascii',
  ISO88591: 'latin1',
  LATIN1: 'latin1',
  L1: 'latin1',
  UTF16: 'utf16',
  UNICODE: 'utf16',
  UTF16BE: 'utf16be',
  UTF16LE: 'utf16le',
};

type Charset = 'utf8' | 'ascii' | 'latin1' | 'utf16' | 'utf16be' | 'utf16le';

function charsetNamed(name: string): Charset {
  const charset = charsets[name.toUpperCase().replace(/[^A-Z0-9]/g, '')];
  if (charset === undefined) {
    throw new Error(
      `unknown character set "${name}": known are UTF-8, UTF-16, UTF-16BE, UTF-16LE, ISO-8859-1, US-ASCII`,
    );
  }
  return charset;
}

/** A character that the set lacks becomes a question mark. */
function encoded(text: string, charset: Charset): Uint8Array {
  switch (charset) {
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'ascii':
    case 'latin1': {
      const last = charset === 'ascii' ? 0x7f : 0xff;
      return Uint8Array.from(text.match(/./gsu) ?? [], (character) => {
        const code = character.codePointAt(0) ?? 0;
        return code > last ? 0x3f : code;
      });
    }
    case 'utf16le':
      return Buffer.from(text, 'utf16le');
    case 'utf16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'utf16':
      return text === '' ? new Uint8Array() : Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
  }
}

/** What is no character becomes U+FFFD. */
function decoded(bytes: Uint8Array, charset: Charset): string {
  const buffer = Buffer.from(bytes);
  switch (charset) {
    case 'utf8':
      return buffer.toString('utf8');
    case 'ascii':
      return Array.from(bytes, (byte) => (byte > 0x7f ? '\uFFFD' : String.fromCharCode(byte))).join('');
    case 'latin1':
      return buffer.toString('latin1');
    case 'utf16le':
      return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes);
    case 'utf16be':
      return new TextDecoder('utf-16be', { ignoreBOM: true }).decode(bytes);
    case 'utf16':
      return buffer[0] === 0xff && buffer[1] === 0xfe
        ? new TextDecoder('utf-16le').decode(bytes)
        : new TextDecoder('utf-16be').decode(bytes);
  }
}

export const encode: ScalarFunction = {
  name: 'ENCODE',
  category: 'string',
  summary: 'The text as bytes of a character set.',
  examples: [{ sql: "ENCODE('é', 'ISO-8859-1')", result: "x'e9'" }],
  overloads: [
    {
      params: [character('text'), character('charset')],
      returns: () => BYTES(false),
      code: { kind: 'host', evaluate: ([text, charset]) => encoded(String(text), charsetNamed(String(charset))) },
    },
  ],
};

export const decode: ScalarFunction = {
  name: 'DECODE',
  category: 'string',
  summary: 'The text that bytes hold in a character set.',
  examples: [{ sql: "DECODE(X'C3A9', 'UTF-8')", result: 'é' }],
  overloads: [
    {
      params: [parameter('bytes', 'BYTES', isBinary), character('charset')],
      returns: () => STRING(false),
      code: {
        kind: 'host',
        evaluate: ([bytes, charset]) => decoded(bytes as Uint8Array, charsetNamed(String(charset))),
      },
    },
  ],
};

export const unhex: ScalarFunction = {
  name: 'UNHEX',
  category: 'string',
  summary:
    'The bytes that hexadecimal digits name; NULL where they are none. A digit too many at the start gives a zero byte.',
  examples: [{ sql: "UNHEX('61C3a9')", result: "x'61c3a9'" }],
  overloads: [
    {
      params: [character('text')],
      returns: () => BYTES(),
      code: {
        kind: 'host',
        evaluate: ([text]) => {
          const digits = String(text);
          if (!/^[0-9a-fA-F]*$/.test(digits)) return null;
          // Flink gives a zero byte for the odd digit, and does not read it.
          const odd = digits.length % 2;
          const bytes = new Uint8Array(odd + Math.floor(digits.length / 2));
          bytes.set(Buffer.from(digits.slice(odd), 'hex'), odd);
          return bytes;
        },
      },
    },
  ],
};

export const hex: ScalarFunction = {
  name: 'HEX',
  category: 'string',
  summary: 'The UTF-8 bytes of a text, or a whole number as 64 bits, in hexadecimal digits.',
  examples: [
    { sql: "HEX('é')", result: 'C3A9' },
    { sql: 'HEX(255)', result: 'FF' },
  ],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(false),
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const [address, length] = w.bytes(text!);
          return newText(w, type, i32.shl(length, i32.const(1)), (to) =>
            w.f.do(w.kernel('textHex', 'void', address, length, to)),
          );
        },
      },
    },
    {
      params: [parameter('number', 'INTEGER', (type) => (isInteger(type) ? BIGINT(type.nullable) : null))],
      returns: () => STRING(false),
      code: {
        kind: 'host',
        evaluate: ([value]) =>
          BigInt.asUintN(64, BigInt(value as bigint))
            .toString(16)
            .toUpperCase(),
      },
    },
  ],
};

export const encodingFunctions: readonly ScalarFunction[] = [toBase64, fromBase64, encode, decode, hex, unhex];
