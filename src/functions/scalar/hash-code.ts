import { INT } from '../../types/sql-type.ts';
import { isCharacter, isNumeric } from '../coercion.ts';
import { javaHash } from '../java-hash.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

const hashed = parameter(
  'value',
  'BOOLEAN, NUMERIC, STRING, DATE, TIME or TIMESTAMP',
  (type) => isNumeric(type) || isCharacter(type) || ['BOOLEAN', 'DATE', 'TIME', 'TIMESTAMP'].includes(type.kind),
);

const hashCode: ScalarFunction = {
  name: 'HASH_CODE',
  category: 'hash',
  summary: 'The hash code that Java gives the value: 32 bits, and not spread well; to part rows, not to know them by.',
  examples: [
    { sql: "HASH_CODE('order-7')", result: '-1207111304' },
    { sql: 'HASH_CODE(7)', result: '7' },
  ],
  overloads: [
    {
      params: [hashed],
      returns: () => INT(false),
      code: {
        kind: 'wasm',
        write: (w, [value]) => {
          const isText = isCharacter(value!.type);
          const hash = isText ? w.kernel('javaHashString', 'i32', ...w.bytes(value!)) : javaHash(w, value!);
          return w.value(INT(false), null, hash);
        },
      },
    },
  ],
};

export const hashCodeFunctions: readonly ScalarFunction[] = [hashCode];
