import type { JsValue } from '../../types/js-value.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { argumentsReader } from './arguments.ts';
import { writerOf } from './host-value.ts';
import { overloadsOf } from './parameters.ts';
import { called } from './program-error.ts';
import type { ProgramSignature } from './program-function.ts';

/** A scalar function of the program's: one value for the arguments of a row. */
export interface ProgramScalar extends ProgramSignature {
  readonly returns: SqlType;
  readonly isDeterministic: boolean;
  readonly call: (...args: readonly JsValue[]) => JsValue;
}

/** The registry's form of it. */
export function scalarEntry(name: string, signatures: readonly ProgramScalar[]): ScalarFunction {
  return programEntry(name, signatures, ({ returns, call }) => {
    const write = writerOf(name, returns);
    return { returns, evaluate: (args) => write(called(name, () => call(...args))) };
  });
}

/** An entry whose overloads are calls of JavaScript. */
export function programEntry<Signature extends ProgramSignature & { readonly isDeterministic: boolean }>(
  name: string,
  signatures: readonly Signature[],
  codeOf: (signature: Signature) => {
    readonly returns: SqlType;
    readonly evaluate: (args: readonly JsValue[]) => HostValue;
  },
): ScalarFunction {
  return {
    name,
    category: 'program',
    summary: '',
    examples: [],
    overloads: overloadsOf(signatures, (signature, params) => {
      const { returns, evaluate } = codeOf(signature);
      const read = argumentsReader(signature);
      return {
        params,
        returns: () => returns,
        nulls: signature.seesNulls ? 'custom' : 'propagate',
        deterministic: signature.isDeterministic,
        code: { kind: 'host', evaluate: (args) => evaluate(read(args)) },
      };
    }),
  };
}
