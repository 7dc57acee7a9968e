import { CHAR, INT, type SqlType, VARCHAR, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { isBinary, isCharacter, isInteger } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { md5Constants, sha256Constants, sha512Constants } from './hash-constants.ts';
import { newText } from './text-value.ts';

const text = parameter('text', 'STRING', (type) => isCharacter(type) || isBinary(type));

/** Digests of a text's UTF-8 bytes, or of bytes, in lower-case hexadecimal digits. */
function digest(name: string, algorithm: Algorithm, digits: number, result: string): ScalarFunction {
  return {
    name,
    category: 'hash',
    summary: `The ${name} digest of the text, as ${digits} hexadecimal digits.`,
    examples: [{ sql: `${name}('order-7')`, result }],
    overloads: [
      {
        params: [text],
        returns: () => CHAR(digits, false),
        code: { kind: 'wasm', write: (w, [text], type) => writeDigest(w, algorithm, text!, type) },
      },
    ],
  };
}

type Algorithm = 'md5' | 'sha1' | 224 | 256 | 384 | 512;

function writeDigest(w: ExpressionWriter, algorithm: Algorithm, text: Value, type: SqlType): Value {
  const view = w.bytes(text);
  const digits = algorithm === 'md5' ? 32 : algorithm === 'sha1' ? 40 : algorithm / 4;
  return newText(w, type, i32.const(digits), (to) => {
    switch (algorithm) {
      case 'md5':
        w.f.do(w.kernel('hashMd5', 'void', ...view, w.constant(md5Constants()), to));
        return;
      case 'sha1':
        w.f.do(w.kernel('hashSha1', 'void', ...view, to));
        return;
      case 224:
      case 256: {
        const constants = w.constant(sha256Constants(algorithm));
        w.f.do(w.kernel('hashSha256', 'void', ...view, constants, i32.const(algorithm / 32), to));
        return;
      }
      case 384:
      case 512: {
        const constants = w.constant(sha512Constants(algorithm));
        w.f.do(w.kernel('hashSha512', 'void', ...view, constants, i32.const(algorithm / 64), to));
        return;
      }
    }
  });
}

export const md5 = digest('MD5', 'md5', 32, 'cd75315a553ef07eb20e55a3cc895955');
export const sha1 = digest('SHA1', 'sha1', 40, '9630190be7da08cee6ca6830970e594f2ca6cb98');
export const sha224 = digest('SHA224', 224, 56, 'fe01b56d1037578bfd1ba0901e16935131144dbaec704789fef61cd8');
export const sha256 = digest('SHA256', 256, 64, 'df8cf80227ec3237922df0ecd88385c546e4a31bdb8127b033f01e6f21f175df');
export const sha384 = digest(
  'SHA384',
  384,
  96,
  '7ed1c260d4724fcb1c78ebc37be1000d4853fbfa2c92dd251b4db0bf0ebdbb3384c50fb767b4a4348e65c6fe1460a20e',
);
export const sha512 = digest(
  'SHA512',
  512,
  128,
  'be5f104217a58f7b96adf02b2fbc66dc5c6a22dfdc81c112c75e1f037909c6197ba8782bccee42fb1c934eb2a2ada14a3a57a3a0a0275274f5dc18b034b83793',
);

/** Of a BIGINT the lower half counts. */
const bits = parameter('bits', 'INT', (type) => (isInteger(type) ? INT(type.nullable) : null));

const sizes = [224, 256, 384, 512] as const;

/** The digest of the size that the row asks for. */
function writeSha2(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, bits] = args as readonly [Value, Value];
  const result = w.variable(withNullable(type, false));
  w.f.block((done) => {
    for (const size of sizes) {
      w.f.if(i32.eq(w.i32(bits), i32.const(size)), () => {
        w.assign(result, writeDigest(w, size, text, type));
        w.f.br(done);
      });
    }
    w.fail('SHA-2 has 224, 256, 384 or 512 bits, and not {0}', bits);
  });
  return result;
}

export const sha2: ScalarFunction = {
  name: 'SHA2',
  category: 'hash',
  summary: 'The SHA-2 digest of the text of 224, 256, 384 or 512 bits, as hexadecimal digits.',
  examples: [{ sql: "SHA2('order-7', 256) = SHA256('order-7')", result: 'TRUE' }],
  overloads: [
    {
      params: [text, bits],
      returns: () => VARCHAR(128, false),
      code: { kind: 'wasm', write: writeSha2 },
    },
  ],
};

export const hashFunctions: readonly ScalarFunction[] = [md5, sha1, sha224, sha256, sha384, sha512, sha2];
