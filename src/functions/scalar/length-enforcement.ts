import { type TextType, typeText } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { writeLength } from '../cast/to-text.ts';
import { isBinary, isCharacter } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** What the binder puts around a value that may be longer than its type says, on its way into a sink. No SQL calls it. */

const text = parameter('value', 'TEXT or BINARY', (type) => isCharacter(type) || isBinary(type));

/** `table.exec.sink.type-length-enforcer` = TRIM_PAD: cut, and a CHAR filled up. */
const trimPad: ScalarFunction = {
  name: '$TRIM_PAD',
  category: 'string',
  summary: 'The text cut, or filled up, to the length of its type.',
  examples: [],
  overloads: [
    {
      params: [text],
      returns: ([type]) => type!,
      code: { kind: 'wasm', write: (w, [value], type) => writeLength(w, value!, type as TextType) },
    },
  ],
};

/** `table.exec.sink.type-length-enforcer` = ERROR: fails the row. */
const checkLength: ScalarFunction = {
  name: '$CHECK_LENGTH',
  category: 'string',
  summary: 'The text; a row whose text has not the length of its type fails.',
  examples: [],
  overloads: [
    {
      params: [text],
      returns: ([type]) => type!,
      code: {
        kind: 'wasm',
        write: (w, [value], type) => {
          const { kind, length: allowed } = type as TextType;
          const [address, bytes] = w.bytes(value!);
          const count = w.f.local('i32', isBinary(type) ? bytes : w.kernel('textLength', 'i32', address, bytes));
          const isFixed = kind === 'CHAR' || kind === 'BINARY';
          const unit = isBinary(type) ? 'bytes' : 'characters';
          const shown = w.value({ kind: 'INT', nullable: false }, null, count);
          const misfit = isFixed ? i32.ne(count, i32.const(allowed)) : i32.gtU(count, i32.const(allowed));
          w.f.if(misfit, () =>
            w.fail(
              `a value of {0} ${unit} is written into a column of ${typeText({ ...type, nullable: true })}`,
              shown,
            ),
          );
          return { ...value!, type };
        },
      },
    },
  ],
};

export const lengthEnforcementFunctions: readonly ScalarFunction[] = [trimPad, checkLength];
