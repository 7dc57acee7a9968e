import type { Span } from '../../diagnostics/source-text.ts';
import { type RowType, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { call } from './calls.ts';

/** `=` and `<>`: of rows field by field, so that a NULL in a field makes the answer UNKNOWN; others by their values. */
export function comparison(operator: string, left: Expression, right: Expression, span: Span): Expression {
  const { type: a } = left;
  const { type: b } = right;
  const isRows =
    a.kind === 'ROW' &&
    b.kind === 'ROW' &&
    a.className === b.className &&
    a.fields.length === b.fields.length &&
    a.fields.length > 0;
  if (!isRows || (operator !== '=' && operator !== '<>')) return call(operator, [left, right], span);
  const equal = a.fields
    .map((_, at) => comparison('=', fieldAt(left, a, at), fieldAt(right, b, at), span))
    .reduce((all, next) => call('AND', [all, next], span));
  return operator === '=' ? equal : call('NOT', [equal], span);
}

function fieldAt(row: Expression, type: RowType, index: number): Expression {
  if (row.kind === 'call' && row.name === 'ROW') return row.args[index] as Expression;
  const field = type.fields[index]!.type;
  return {
    kind: 'field',
    input: row,
    index,
    type: withNullable(field, type.nullable || field.nullable),
    span: row.span,
  };
}
