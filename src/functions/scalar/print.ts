import { withNullable } from '../../types/sql-type.ts';
import { any, character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** Flink writes text and value into the log of the task; a job here has no log of its rows. */
const print: ScalarFunction = {
  name: 'PRINT',
  category: 'conversion',
  summary: 'The second value as it is. Flink also writes the text and the value into the log of a task.',
  overloads: [
    {
      params: [character('text'), any('value')],
      returns: ([text, value]) => withNullable(value!, value!.nullable || text?.nullable === true),
      nulls: 'custom',
      code: { kind: 'wasm', write: (_w, [, value], type) => ({ ...value!, type }) },
    },
  ],
  examples: [{ sql: "PRINT('total', 2 + 3)", result: '5' }],
};

export const printFunctions: readonly ScalarFunction[] = [print];
