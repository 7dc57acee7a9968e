import * as T from '../../grammar/tokens.ts';
import { K } from '../../grammar/tokens.ts';
import type { SourceText, Span } from '../diagnostics/source-text.ts';
import type { Statement, Text } from './ast.ts';
import type { StatementTokens } from './split-statements.ts';

/**
 * `SET key = value` and `RESET key` without quotes, as Flink's SQL client takes them by a pattern and not by its
 * grammar: the value goes to the end of the statement. And the prompt's `SOURCE 'file'`. Null where the statement is
 * not of these forms.
 */
export function parseClientForm(source: SourceText, statement: StatementTokens): Statement | null {
  const [first, second, third] = statement.tokens;
  if (first === undefined) return null;
  if (first.tokenType === T.Identifier && first.image.toUpperCase() === 'SOURCE') {
    if (second?.tokenType !== T.QuotedString || third !== undefined) return null;
    const start = second.startOffset;
    const path = second.image.slice(1, -1).replaceAll("''", "'");
    const argument: Text = { kind: 'text', span: { source, start, end: second.endOffset + 1 }, value: path };
    const span: Span = { source, start: first.startOffset, end: second.endOffset + 1 };
    return { kind: 'clientCommand', span, command: 'SOURCE', argument };
  }
  if (first.tokenType !== K.SET && first.tokenType !== K.RESET) return null;
  const text = source.text.slice(first.startOffset, statement.end).trimEnd();
  const span: Span = { source, start: first.startOffset, end: first.startOffset + text.length };
  if (first.tokenType === K.RESET) {
    const key = /^RESET\s+([^\s'=]+)$/i.exec(text)?.[1];
    return key === undefined ? null : { kind: 'reset', span, key: textAt(source, span.end - key.length, key) };
  }
  const match = /^(SET\s+)([^\s'=]+)(\s*=\s*)('(?:[^']|'')*'|[^\s'].*|)$/is.exec(text);
  if (match === null) return null;
  const [, lead = '', key = '', equals = '', value = ''] = match;
  const keyStart = span.start + lead.length;
  const valueStart = keyStart + key.length + equals.length;
  const isQuoted = value.startsWith("'");
  const plain = isQuoted ? value.slice(1, -1).replaceAll("''", "'") : value;
  const keyNode = textAt(source, keyStart, key);
  const valueNode: Text = { kind: 'text', span: { source, start: valueStart, end: span.end }, value: plain };
  const propertySpan = { source, start: keyStart, end: span.end };
  return { kind: 'set', span, property: { kind: 'property', span: propertySpan, key: keyNode, value: valueNode } };
}

function textAt(source: SourceText, start: number, value: string): Text {
  return { kind: 'text', span: { source, start, end: start + value.length }, value };
}
