import { physicalOf } from '../../types/physical.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { any } from '../parameters.ts';

/** The first or last value by arrival. State: the value and whether there is one. Slices cannot be merged: arrival is lost. */
function arrivalCode(argument: SqlType, type: SqlType, which: 'first' | 'last'): AggregateCode {
  const valueType = withNullable(argument, false);
  return {
    remadeOf: { order: 'arrival', values: which },
    state: [
      { name: 'value', physical: physicalOf(argument) },
      { name: 'seen', physical: 'bool' },
    ],
    accumulate(w, state, [value]) {
      if (value === undefined) return;
      const take = (): void => {
        state.write('value', value);
        w.f.do(state.set('seen', i32.const(1)));
      };
      if (which === 'last') take();
      else w.f.if(i32.eqz(state.get('seen', 'i32')), take);
    },
    result(w, state) {
      const isNull = i32.eqz(state.get('seen', 'i32'));
      return w.value(type, isNull, ...state.read('value', valueType).parts);
    },
  };
}

function arrival(name: string, which: 'first' | 'last', summary: string, result: string): AggregateFunction {
  return {
    name,
    summary,
    overloads: [
      {
        params: [any('value')],
        returns: ([value]) => value as SqlType,
        code: ([value], type) => arrivalCode(value ?? type, type, which),
      },
    ],
    examples: [{ sql: `${name}(x) FROM (VALUES (1), (2)) AS t(x)`, result }],
  };
}

export const firstValue = arrival('FIRST_VALUE', 'first', 'The value that is not NULL and came first.', '1');
export const lastValue = arrival('LAST_VALUE', 'last', 'The value that is not NULL and came last.', '2');
