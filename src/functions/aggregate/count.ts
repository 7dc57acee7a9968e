import { BIGINT } from '../../types/sql-type.ts';
import { i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { any } from '../parameters.ts';
import { addToField } from './state.ts';

/** How many rows, or rows in which no argument is NULL. State: a count. */
const code: AggregateCode = {
  state: [{ name: 'count', physical: 'i64' }],
  accumulate: (w, state) => addToField(w, state, 'count', i64.const(1n)),
  countIf: (w, state, condition) => addToField(w, state, 'count', i64.extendI32U(condition)),
  retract: (w, state) => addToField(w, state, 'count', i64.const(-1n)),
  merge: (w, state, other) => addToField(w, state, 'count', other.get('count', 'i64')),
  result: (w, state) => w.value(BIGINT(false), null, state.get('count', 'i64')),
};

export const count: AggregateFunction = {
  name: 'COUNT',
  summary: 'How many rows there are, or with a value, in how many it is not NULL.',
  nullableIf: 'never',
  overloads: [
    { params: [], returns: () => BIGINT(false), code: () => code },
    { params: [any('value')], returns: () => BIGINT(false), code: () => code },
  ],
  examples: [{ sql: 'COUNT(*) FROM (VALUES (1), (2)) AS t(x)', result: '2' }],
};
