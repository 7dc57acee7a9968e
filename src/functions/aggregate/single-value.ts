import { physicalOf } from '../../types/physical.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { any } from '../parameters.ts';
import { addToField } from './state.ts';

/** The value of the only row; a second row fails the job. State: the value, whether it is one, and the number of rows. */
function singleValueCode(argument: SqlType, type: SqlType): AggregateCode {
  const valueType = withNullable(argument, false);
  return {
    seesNulls: true,
    state: [
      { name: 'value', physical: physicalOf(argument) },
      { name: 'given', physical: 'bool' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value === undefined) return;
      w.f.if(i64.gtS(state.get('count', 'i64'), i64.const(0n)), () =>
        w.fail('a subquery that stands for a value has more than one row'),
      );
      addToField(w, state, 'count', i64.const(1n));
      w.f.do(state.set('given', i32.eqz(w.isNull(value))));
      w.f.if(i32.eqz(w.isNull(value)), () => state.write('value', value));
    },
    retract(w, state) {
      addToField(w, state, 'count', i64.const(-1n));
      w.f.do(state.set('given', i32.const(0)));
    },
    result(w, state) {
      return w.value(type, i32.eqz(state.get('given', 'i32')), ...state.read('value', valueType).parts);
    },
  };
}

export const singleValue: AggregateFunction = {
  name: 'SINGLE_VALUE',
  summary: 'The value of the only row; a second row fails the job.',
  overloads: [
    {
      params: [any('value')],
      returns: ([value]) => withNullable(value as SqlType, true),
      code: ([value], type) => singleValueCode(value ?? type, type),
    },
  ],
  examples: [{ sql: 'SINGLE_VALUE(x) FROM (VALUES (1)) AS t(x)', result: '1' }],
};
