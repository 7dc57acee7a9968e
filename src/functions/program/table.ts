import { encodeNested, type NestedValue } from '../../memory/nested.ts';
import { fromJs, type JsValue } from '../../types/js-value.ts';
import { ARRAY, ROW, type RowField } from '../../types/sql-type.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import { called, given, ProgramFunctionError } from './program-error.ts';
import type { ProgramSignature } from './program-function.ts';
import { programEntry } from './scalar.ts';

/** A table function of the program's: rows for the arguments of a row. */
export interface ProgramTableFunction extends ProgramSignature {
  readonly columns: readonly RowField[];
  readonly isDeterministic: boolean;
  readonly rows: (...args: readonly JsValue[]) => Iterable<JsValue>;
}

/** The rows of one call are held together; one that never ends is to fail before the memory does. */
const rowsMax = 1 << 20;

/** The registry's form of it: a function that gives an ARRAY of ROWs, whose elements LATERAL TABLE shows. */
export function tableEntry(name: string, signatures: readonly ProgramTableFunction[]): ScalarFunction {
  return programEntry(name, signatures, ({ columns, rows }) => {
    const row = ROW(columns, false);
    const returns = ARRAY(row, false);
    const write = fromJs(row);
    return {
      returns,
      evaluate: (args) => {
        const written: NestedValue[] = [];
        for (const each of iterated(name, () => rows(...args))) {
          if (written.length === rowsMax)
            throw new ProgramFunctionError(name, `more than ${rowsMax.toLocaleString('en')} rows for one row`);
          written.push(given(name, 'row of its columns', () => write(each)));
        }
        return encodeNested(returns, written);
      },
    };
  });
}

/** What an iterator throws between two rows is its function's failure too. */
function* iterated(name: string, rows: () => Iterable<JsValue>): Generator<JsValue> {
  const iterator = called(name, () => rows()[Symbol.iterator]());
  for (let next = called(name, () => iterator.next()); next.done !== true; next = called(name, () => iterator.next())) {
    yield next.value;
  }
}
