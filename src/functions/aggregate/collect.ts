import { physicalOf, physicalWidth } from '../../types/physical.ts';
import { BIGINT, MULTISET, type MultisetType, type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32, i64, type Local } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, KeptValues } from '../aggregate-function.ts';
import { javaHash } from '../java-hash.ts';
import { any } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { asWords } from '../value-words.ts';
import { addToField } from './state.ts';

/** An element with how often it is there (see kernels/multiset.ts). */
const entry = { hash: 0, count: 4, arrival: 8, element: 16, bytes: 32 } as const;

/** COLLECT. Keeps each value once, with how often it came and the number of its arrival. State: that of the last. */
function collectCode(argument: SqlType, type: SqlType): AggregateCode {
  const element = withNullable(argument, false);
  return {
    keeps: { types: [element, BIGINT(false)], keyParts: 1 },
    state: [{ name: 'arrivals', physical: 'i64' }],
    accumulate(w, state, values, kept) {
      addToField(w, state, 'arrivals', i64.const(1n));
      kept.add([...values, w.value(BIGINT(false), null, state.get('arrivals', 'i64'))], i64.const(1n));
    },
    retract: (_w, _state, values, kept) => kept.remove(values, i64.const(1n)),
    merge: (w, state, other) => addToField(w, state, 'arrivals', other.get('arrivals', 'i64')),
    result: (w, _state, kept) => multiset(w, kept, type),
  };
}

function multiset(w: ExpressionWriter, kept: KeptValues, type: SqlType): Value {
  const { f } = w;
  const physical = physicalOf((type as MultisetType).element);
  const count = f.local('i32', i32.const(0));
  const varBytes = f.local('i32', i32.const(0));
  kept.each(([value]) => {
    f.set(count, i32.add(count, i32.const(1)));
    if (value?.physical === 'bytes') f.set(varBytes, i32.add(varBytes, w.bytes(value)[1]));
  });
  const entries = w.scratch(i32.mul(count, i32.const(entry.bytes)));
  const at = f.local('i32', entries);
  kept.each(([value, arrival], times) => {
    if (value === undefined || arrival === undefined) return;
    f.do(
      i32.store(at, javaHash(w, value), { offset: entry.hash }),
      i32.store(at, i32.wrapI64(times), { offset: entry.count }),
      i64.store(at, w.i64(arrival), { offset: entry.arrival }),
    );
    storeElement(w, at, value);
    f.set(at, i32.add(at, i32.const(entry.bytes)));
  });
  const width = i32.const(physical === 'bytes' ? 0 : physicalWidth[physical]);
  const bytes = f.local('i32', w.kernel('multisetBytes', 'i32', count, width, varBytes));
  // Copies go up to 16 bytes beyond their end.
  const to = w.scratch(i32.add(bytes, i32.const(16)));
  f.do(w.kernel('multisetBuild', 'void', to, entries, count, width));
  return w.value({ ...type, nullable: false } as SqlType, null, to, bytes);
}

function storeElement(w: ExpressionWriter, at: Local<'i32'>, value: Value): void {
  const { f } = w;
  const offset = entry.element;
  if (value.physical === 'bytes') {
    const [address, length] = w.bytes(value);
    f.do(i32.store(at, address, { offset }), i32.store(at, length, { offset: offset + 4 }));
    return;
  }
  const [low, high] = asWords(value);
  f.do(i64.store(at, low, { offset }), i64.store(at, high, { offset: offset + 8 }));
}

export const collect: AggregateFunction = {
  name: 'COLLECT',
  summary: 'The values that are not NULL as a multiset: each with how often it came.',
  nullableIf: 'never',
  overloads: [
    {
      params: [any('value')],
      returns: ([value]) => MULTISET(value as SqlType, false),
      code: ([value], type) => collectCode(value ?? type, type),
    },
  ],
  examples: [{ sql: 'COLLECT(x) FROM (VALUES (1), (2), (1)) AS t(x)', result: '{1=2, 2=1}' }],
};
