import { BOOLEAN, INT, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { commonType, isBinary, isCharacter, isInteger, isNumeric } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** A question about a text that is never NULL: NULL and the empty text are FALSE. */
function question(name: string, summary: string, example: string, holds: (text: string) => boolean): ScalarFunction {
  return {
    name,
    category: 'conditional',
    summary,
    examples: [{ sql: example, result: 'TRUE' }],
    overloads: [
      {
        // A number is asked by its text.
        params: [
          parameter('text', 'STRING', (type) =>
            isNumeric(type) ? STRING(type.nullable) : isCharacter(type) ? type : null,
          ),
        ],
        returns: () => BOOLEAN(false),
        nulls: 'custom',
        code: { kind: 'host', evaluate: ([text]) => typeof text === 'string' && holds(text) },
      },
    ],
  };
}

export const isAlpha = question('IS_ALPHA', 'Whether the text is made of letters alone.', "IS_ALPHA('abc')", (text) =>
  /^\p{L}+$/u.test(text),
);

export const isDigit = question('IS_DIGIT', 'Whether the text is made of digits alone.', "IS_DIGIT('123')", (text) =>
  /^\p{Nd}+$/u.test(text),
);

/** What java.lang.Double.valueOf reads. */
const javaDouble =
  /^[+-]?(?:NaN|Infinity|(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+)[fFdD]?)$/;

export const isDecimal = question('IS_DECIMAL', 'Whether the text is a number.', "IS_DECIMAL('-12.3')", (text) =>
  javaDouble.test(text.replace(/^[\0- ]+|[\0- ]+$/g, '')),
);

export const chr: ScalarFunction = {
  name: 'CHR',
  category: 'string',
  summary: 'The character of a code, modulo 256; the empty text for a negative one.',
  examples: [{ sql: 'CHR(97)', result: 'a' }],
  overloads: [
    {
      params: [
        parameter('code', 'INTEGER', (type) => (isInteger(type) ? { kind: 'BIGINT', nullable: type.nullable } : null)),
      ],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([code]) => ((code as bigint) < 0n ? '' : String.fromCharCode(Number((code as bigint) & 255n))),
      },
    },
  ],
};

/** The common type of the choices. */
const choices = parameter(
  'choice',
  'COMMON',
  (type, { args }) => {
    const common = commonChoice(args.slice(1));
    return common === null ? null : withNullable(common, type.nullable);
  },
  { variadic: true },
);

function commonChoice(types: readonly SqlType[]): SqlType | null {
  const common = commonType(types);
  return common === null || common.kind === 'NULL' || !(isCharacter(common) || isBinary(common)) ? null : common;
}

/** A literal below 0 chooses nothing, and is taken for a mistake. */
const choiceIndex = parameter('index', 'INT from 0', (type, { literals }) => {
  const literal = literals[0];
  return isInteger(type) && type.kind !== 'BIGINT' && !(typeof literal === 'number' && literal < 0)
    ? INT(type.nullable)
    : null;
});

export const elt: ScalarFunction = {
  name: 'ELT',
  category: 'string',
  summary: 'The choice of a number, from 1; NULL where there is none.',
  examples: [
    { sql: "ELT(2, 'a', 'b')", result: 'b' },
    { sql: "ELT(3, 'a', 'b')", result: null },
  ],
  overloads: [
    {
      params: [choiceIndex, choices],
      returns: ([, choice]) => withNullable(choice!, true),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, [index, ...texts], type) => {
          const result = w.variable(withNullable(type, true));
          const at = w.i32(index!);
          w.f.if(i32.eqz(w.isNull(index!)), () => {
            for (const [offset, text] of texts.entries()) {
              w.f.if(i32.eq(at, i32.const(offset + 1)), () => w.assign(result, text));
            }
          });
          return result;
        },
      },
    },
  ],
};

export const characterKindFunctions: readonly ScalarFunction[] = [isAlpha, isDigit, isDecimal, chr, elt];
