import { type SqlType, STRING } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, AggregateOverload, StateAccess } from '../aggregate-function.ts';
import { isCharacter } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { addToField } from './state.ts';

/** A literal that is not NULL. */
const separator = parameter(
  'separator',
  'STRING literal',
  (type, { literals }) => isCharacter(type) && typeof literals[1] === 'string',
  { literal: true },
);

const defaultSeparator = new TextEncoder().encode(',');

/** Texts in the order of arrival with a separator between them. State: the text so far, the separator, a count. */
function listaggCode(type: SqlType, hasSeparator: boolean): AggregateCode {
  const separatorOf = (w: ExpressionWriter, state: StateAccess): Value =>
    hasSeparator
      ? state.read('separator', STRING(false))
      : w.value(STRING(false), null, w.constant(defaultSeparator), i32.const(defaultSeparator.length));
  const append = (w: ExpressionWriter, state: StateAccess, text: Value): void => {
    w.f.if(i32.eqz(i64.eqz(state.get('count', 'i64'))), () => state.append('text', separatorOf(w, state)));
    state.append('text', text);
  };
  return {
    isOrdered: true,
    remadeOf: { order: 'arrival', values: 'all' },
    state: [
      { name: 'text', physical: 'bytes' },
      ...(hasSeparator ? [{ name: 'separator', physical: 'bytes' as const }] : []),
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [text, separator]) {
      if (text === undefined) return;
      if (separator !== undefined) {
        w.f.if(i64.eqz(state.get('count', 'i64')), () => state.write('separator', separator));
      }
      append(w, state, text);
      addToField(w, state, 'count', i64.const(1n));
    },
    merge(w, state, other) {
      const added = other.get('count', 'i64');
      w.f.if(i32.eqz(i64.eqz(added)), () => {
        if (hasSeparator) {
          w.f.if(i64.eqz(state.get('count', 'i64')), () =>
            state.write('separator', other.read('separator', STRING(false))),
          );
        }
        append(w, state, other.read('text', STRING(false)));
        addToField(w, state, 'count', added);
      });
    },
    result(w, state) {
      const isNull = i64.eqz(state.get('count', 'i64'));
      return w.value(type, isNull, ...state.read('text', STRING(false)).parts);
    },
  };
}

const returnsText: AggregateOverload['returns'] = ([text]) => text as SqlType;

export const listagg: AggregateFunction = {
  name: 'LISTAGG',
  summary: 'The texts that are not NULL, in the order of arrival, with a separator (a comma) between them.',
  nullableIf: 'filtered',
  overloads: [
    { params: [character('text')], returns: returnsText, code: (_args, type) => listaggCode(type, false) },
    {
      params: [character('text'), separator],
      returns: returnsText,
      code: (_args, type) => listaggCode(type, true),
    },
  ],
  examples: [{ sql: "LISTAGG(x, '-') FROM (VALUES ('a'), ('b')) AS t(x)", result: 'a-b' }],
};
