import type { JsValue } from '../../types/js-value.ts';
import { BYTES, type RowField, type SqlType } from '../../types/sql-type.ts';
import type { AggregateCode, AggregateFunction, StateAccess } from '../aggregate-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { accumulatorForm } from './accumulator.ts';
import { argumentsReader } from './arguments.ts';
import { writerOf } from './host-value.ts';
import { overloadsOf } from './parameters.ts';
import { called } from './program-error.ts';
import type { ProgramSignature } from './program-function.ts';

/**
 * An aggregate function of the program's. Its accumulator is a row of SQL values: it stands as bytes in the state row of
 * its group, is bounded, moved and freed with it, and becomes an object for the time of a call.
 */
export interface ProgramAggregate extends ProgramSignature {
  readonly returns: SqlType;
  readonly accumulator: readonly RowField[];
  readonly init: () => JsValue;
  /** The next ones give the accumulator as it is then. */
  readonly add: (accumulator: JsValue, ...args: readonly JsValue[]) => JsValue;
  readonly retract: ((accumulator: JsValue, ...args: readonly JsValue[]) => JsValue) | null;
  readonly merge: ((accumulator: JsValue, newer: JsValue) => JsValue) | null;
  readonly result: (accumulator: JsValue) => JsValue;
}

/** The registry's form of it. */
export function aggregateEntry(name: string, signatures: readonly ProgramAggregate[]): AggregateFunction {
  return {
    name,
    summary: '',
    // `result` is asked whether there are values or not.
    nullableIf: 'never',
    overloads: overloadsOf(signatures, (signature, params) => {
      const code = aggregateCode(name, signature);
      return { isProgram: true, params, returns: () => signature.returns, code };
    }),
  };
}

const field = 'accumulator';
const stateType = BYTES(false);

function aggregateCode(
  name: string,
  signature: ProgramAggregate,
): (args: readonly SqlType[], type: SqlType) => AggregateCode {
  const { add, retract, merge, seesNulls, returns } = signature;
  const accumulator = accumulatorForm(name, signature.accumulator, signature.init);
  const argumentsOf = argumentsReader(signature);
  const writeResult = writerOf(name, returns);
  /** Gives the accumulator to a callback, and keeps what it makes of it. */
  const update =
    (callback: NonNullable<ProgramAggregate['retract']>) =>
    (w: ExpressionWriter, state: StateAccess, args: readonly Value[]): void => {
      const evaluate = ([before = null, ...values]: readonly HostValue[]): HostValue => {
        const given = argumentsOf(values);
        return accumulator.write(called(name, () => callback(accumulator.read(before), ...given)));
      };
      state.write(field, w.host(evaluate, [state.read(field, stateType), ...args], stateType, { lives: 'briefly' }));
    };
  const merged =
    (evaluate: NonNullable<ProgramAggregate['merge']>): NonNullable<AggregateCode['merge']> =>
    (w, state, other) => {
      const both = [state, other].map((each) => each.read(field, stateType));
      const mergeBytes = ([before = null, newer = null]: readonly HostValue[]): HostValue =>
        accumulator.write(called(name, () => evaluate(accumulator.read(before), accumulator.read(newer))));
      state.write(field, w.host(mergeBytes, both, stateType, { lives: 'briefly' }));
    };
  return (_args, type) => ({
    state: [{ name: field, physical: 'bytes' }],
    seesNulls,
    // Who wrote `merge` need not have thought of another order than that of time.
    isOrdered: true,
    accumulate: update(add),
    ...(retract === null ? {} : { retract: update(retract) }),
    ...(merge === null ? {} : { merge: merged(merge) }),
    result: (w, state) => {
      const evaluate = ([bytes = null]: readonly HostValue[]): HostValue =>
        writeResult(called(name, () => signature.result(accumulator.read(bytes))));
      return w.host(evaluate, [state.read(field, stateType)], type);
    },
  });
}
