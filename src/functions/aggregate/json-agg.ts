import { type SqlType, STRING, VARCHAR } from '../../types/sql-type.ts';
import { i32, i64, type Local } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction } from '../aggregate-function.ts';
import { character } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { addToField } from './state.ts';

/**
 * JSON of a group's rows. The binder makes JSON of the values before they come here, and names the clause about NULL in
 * the function, as Flink does: with ABSENT ON NULL a value that is NULL is left out.
 */
const resultType = VARCHAR(2000, false);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** JSON_ARRAYAGG: the items in the order of arrival. State: their text so far, and how many they are. */
const arrayCode: AggregateCode = {
  isOrdered: true,
  remadeOf: { order: 'arrival', values: 'all' },
  state: [
    { name: 'items', physical: 'bytes' },
    { name: 'count', physical: 'i64' },
  ],
  accumulate(w, state, [item]) {
    if (item === undefined) return;
    w.f.if(i64.ne(state.get('count', 'i64'), i64.const(0n)), () => state.append('items', text(w, ',')));
    state.append('items', item);
    addToField(w, state, 'count', i64.const(1n));
  },
  result(w, state) {
    const [address, length] = w.bytes(state.read('items', STRING(false)));
    const out = new TextWriter(w, i32.add(length, i32.const(2)));
    out.byte('[');
    out.bytes(address, length);
    out.byte(']');
    return out.value(resultType);
  },
};

/** JSON_OBJECTAGG: the members in the order of their keys, which may come once only. Keeps key and member. */
function objectCode(keepsNull: boolean): AggregateCode {
  const memberOf = (args: readonly Value[]): readonly Value[] =>
    [args[0], args[1]].flatMap((arg) => (arg === undefined ? [] : [{ ...arg, isNull: null, type: STRING(false) }]));
  return {
    seesNulls: true,
    keeps: {
      types: [STRING(false), STRING(false)],
      keyParts: 1,
      repeated: (w, [key]) => w.fail('the key {0} of JSON_OBJECTAGG came twice', ...(key === undefined ? [] : [key])),
    },
    state: [],
    accumulate(w, _state, args, kept) {
      const [key, member] = args;
      if (key === undefined || member === undefined) return;
      if (key.isNull !== null) w.f.if(key.isNull, () => w.fail('a key of JSON_OBJECTAGG is NULL'));
      const add = (): void => kept.add(memberOf(args), i64.const(1n));
      if (keepsNull || member.isNull === null) add();
      else w.f.if(i32.eqz(member.isNull), add);
    },
    retract: (_w, _state, args, kept) => kept.remove(memberOf(args), i64.const(1n)),
    result(w, _state, kept) {
      const { f } = w;
      const length = f.local('i32', i32.const(2));
      kept.each(([, member]) => {
        if (member !== undefined) f.set(length, i32.add(i32.add(length, w.bytes(member)[1]), i32.const(1)));
      });
      const out = new TextWriter(w, length);
      const isFirst = f.local('i32', i32.const(1));
      out.byte('{');
      kept.each(([, member]) => {
        if (member === undefined) return;
        f.if(i32.eqz(isFirst), () => out.byte(','));
        f.set(isFirst, i32.const(0));
        out.bytes(...w.bytes(member));
      });
      out.byte('}');
      return out.value(resultType);
    },
  };
}

function text(w: ExpressionWriter, constant: string): Value {
  const bytes = bytesOf(constant);
  return w.value(STRING(false), null, w.constant(bytes), i32.const(bytes.length));
}

/** Writes a text piece by piece into memory that lives as long as the batch. */
class TextWriter {
  readonly #w: ExpressionWriter;
  readonly #start: Local<'i32'>;
  readonly #end: Local<'i32'>;

  constructor(w: ExpressionWriter, lengthMax: ReturnType<typeof i32.const>) {
    this.#w = w;
    // Copies go up to 16 bytes beyond their end.
    this.#start = w.scratch(i32.add(lengthMax, i32.const(16)));
    this.#end = w.f.local('i32', this.#start);
  }

  byte(character: string): void {
    const { f } = this.#w;
    f.do(i32.store8(this.#end, i32.const(character.charCodeAt(0))));
    f.set(this.#end, i32.add(this.#end, i32.const(1)));
  }

  bytes(address: Local<'i32'>, length: Local<'i32'>): void {
    const { f } = this.#w;
    f.do(this.#w.kernel('copyBytes', 'void', this.#end, address, length));
    f.set(this.#end, i32.add(this.#end, length));
  }

  value(type: SqlType): Value {
    return this.#w.value(type, null, this.#start, i32.sub(this.#end, this.#start));
  }
}

/** `JSON_ARRAYAGG_ABSENT_ON_NULL`, as Flink calls it. */
export function jsonAggregateName(name: string, nullClause: 'NULL ON NULL' | 'ABSENT ON NULL'): string {
  return `${name}_${nullClause.replaceAll(' ', '_')}`;
}

/** An item may come as NULL where the function leaves NULL out. */
const json = character('value');

export const jsonArrayAgg: AggregateFunction = {
  name: 'JSON_ARRAYAGG',
  aliases: ['JSON_ARRAYAGG_ABSENT_ON_NULL', 'JSON_ARRAYAGG_NULL_ON_NULL'],
  summary: 'The values as a JSON array, in the order of arrival; NULL is left out unless NULL ON NULL is written.',
  nullableIf: 'never',
  overloads: [{ params: [json], returns: () => resultType, code: () => arrayCode }],
  examples: [{ sql: 'JSON_ARRAYAGG(x) FROM (VALUES (1), (2)) AS t(x)', result: '[1,2]' }],
};

export const jsonObjectAgg: AggregateFunction = {
  name: 'JSON_OBJECTAGG',
  aliases: ['JSON_OBJECTAGG_NULL_ON_NULL', 'JSON_OBJECTAGG_ABSENT_ON_NULL'],
  summary: 'Keys and values as a JSON object, its members sorted by key. A key that comes twice is an error.',
  nullableIf: 'never',
  overloads: [
    {
      params: [character('key'), json],
      returns: () => resultType,
      code: ([, member]) => objectCode(member?.nullable !== true),
    },
  ],
  examples: [{ sql: "JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES ('a', 1)) AS t(k, v)", result: '{"a":1}' }],
};
