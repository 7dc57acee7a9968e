import { createHash } from 'node:crypto';
import { CHAR, VARCHAR } from '../../types/sql-type.ts';
import { character, int } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** Digests of the text's UTF-8 bytes, in lower-case hexadecimal digits. */
function digest(name: string, algorithm: string, digits: number, result: string): ScalarFunction {
  return {
    name,
    category: 'hash',
    summary: `The ${name} digest of the text, as ${digits} hexadecimal digits.`,
    examples: [{ sql: `${name}('order-7')`, result }],
    overloads: [
      {
        params: [character('text')],
        returns: () => CHAR(digits, false),
        code: { kind: 'host', evaluate: ([text]) => hexDigest(algorithm, String(text)) },
      },
    ],
  };
}

function hexDigest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text, 'utf8').digest('hex');
}

export const md5 = digest('MD5', 'md5', 32, 'cd75315a553ef07eb20e55a3cc895955');
export const sha1 = digest('SHA1', 'sha1', 40, '9630190be7da08cee6ca6830970e594f2ca6cb98');
export const sha224 = digest('SHA224', 'sha224', 56, 'fe01b56d1037578bfd1ba0901e16935131144dbaec704789fef61cd8');
export const sha256 = digest(
  'SHA256',
  'sha256',
  64,
  'df8cf80227ec3237922df0ecd88385c546e4a31bdb8127b033f01e6f21f175df',
);
export const sha384 = digest(
  'SHA384',
  'sha384',
  96,
  '7ed1c260d4724fcb1c78ebc37be1000d4853fbfa2c92dd251b4db0bf0ebdbb3384c50fb767b4a4348e65c6fe1460a20e',
);
export const sha512 = digest(
  'SHA512',
  'sha512',
  128,
  'be5f104217a58f7b96adf02b2fbc66dc5c6a22dfdc81c112c75e1f037909c6197ba8782bccee42fb1c934eb2a2ada14a3a57a3a0a0275274f5dc18b034b83793',
);

const sizes: readonly number[] = [224, 256, 384, 512];

export const sha2: ScalarFunction = {
  name: 'SHA2',
  category: 'hash',
  summary: 'The SHA-2 digest of the text of 224, 256, 384 or 512 bits, as hexadecimal digits.',
  examples: [{ sql: "SHA2('order-7', 256) = SHA256('order-7')", result: 'TRUE' }],
  overloads: [
    {
      params: [character('text'), int('bits')],
      returns: () => VARCHAR(128, false),
      code: {
        kind: 'host',
        evaluate: ([text, bits]) => {
          const size = Number(bits);
          if (!sizes.includes(size)) throw new Error(`SHA-2 has 224, 256, 384 or 512 bits, and not ${size}`);
          return hexDigest(`sha${size}`, String(text));
        },
      },
    },
  ],
};

export const hashFunctions: readonly ScalarFunction[] = [md5, sha1, sha224, sha256, sha384, sha512, sha2];
