import { ARRAY, type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { any } from '../parameters.ts';
import { addToField } from './state.ts';

/** The values in the order of arrival. State: their list, and how many they are. */
function arrayAggCode(argument: SqlType, seesNulls: boolean): AggregateCode {
  const type = ARRAY(withNullable(argument, argument.nullable && seesNulls), true);
  return {
    isOrdered: true,
    resendsNulls: true,
    seesNulls,
    remadeOf: { order: 'arrival', values: 'all' },
    state: [
      { name: 'list', physical: 'bytes' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value === undefined) return;
      state.listAdd('list', value);
      addToField(w, state, 'count', i64.const(1n));
    },
    merge(w, state, other) {
      state.listAddAll('list', other);
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result(w, state) {
      const count = w.f.local('i32', i32.wrapI64(state.get('count', 'i64')));
      const result = w.variable(type);
      w.f.if(count, () => w.assign(result, state.list('list', type, count)));
      return result;
    },
  };
}

/** As Flink has it, a ROW is nullable here when one of its fields is. */
function mayBeNull(type: SqlType): boolean {
  return type.nullable || (type.kind === 'ROW' && type.fields.some((field) => mayBeNull(field.type)));
}

const ignoringNulls: AggregateFunction = {
  name: 'ARRAY_AGG IGNORE NULLS',
  nullableIf: 'filtered',
  summary: 'The values that are not NULL as an array, in the order of arrival; NULL without any.',
  overloads: [
    {
      params: [any('value')],
      returns: ([value]) => ARRAY(value as SqlType, value !== undefined && mayBeNull(value)),
      code: ([value], type) => arrayAggCode(value ?? type, false),
    },
  ],
};

export const arrayAgg: AggregateFunction = {
  name: 'ARRAY_AGG',
  nullableIf: 'filtered',
  summary: 'All values as an array, NULL too, in the order of arrival; NULL without any row.',
  ignoringNulls,
  overloads: [
    {
      params: [any('value')],
      returns: ([value]) => ARRAY(value as SqlType, value !== undefined && mayBeNull(value)),
      code: ([value], type) => arrayAggCode(value ?? type, true),
    },
  ],
  examples: [{ sql: 'ARRAY_AGG(x) FROM (VALUES (1), (2), (1)) AS t(x)', result: '[1, 2, 1]' }],
};
