import type { Expression } from './expression.ts';
import type { LogicalMatch, MatchReference } from './logical.ts';
import { columnsOf } from './same-expression.ts';

/** The references that a match needs for its conditions, and for those of its own columns that are wanted. */
export function referencesRead(
  { pattern, partition, measures }: LogicalMatch,
  wanted: ReadonlySet<number>,
): ReadonlySet<number> {
  const conditions = pattern.flatMap(({ condition }) => condition ?? []);
  const shown = measures.filter((_, at) => wanted.has(partition.length + at));
  return new Set([...conditions, ...shown].flatMap((expression) => [...columnsOf(expression)]));
}

/** The columns of the input that a reference reads; `columnsOf` says which an expression reads. */
export function columnsOfReference(
  reference: MatchReference,
  read: (expression: Expression) => Iterable<number> = (expression) => columnsOf(expression),
): readonly number[] {
  if (reference.kind === 'column') return [reference.column];
  return reference.kind === 'time' ? [] : reference.call.args.flatMap((arg) => [...read(arg)]);
}
