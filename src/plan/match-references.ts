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

/** Whether the condition of a variable looks at the row alone that it is about. */
export function looksAtRowAlone(
  condition: Expression,
  variable: number,
  references: readonly MatchReference[],
): boolean {
  return referencesOf(condition, references).every((reference) => {
    if (reference.kind === 'time') return true;
    if (reference.kind !== 'column' || reference.from !== 'last' || reference.offset > 0) return false;
    return isOfVariable(reference, variable);
  });
}

/** Those that an expression reads. */
export function referencesOf(expression: Expression, references: readonly MatchReference[]): readonly MatchReference[] {
  return [...columnsOf(expression)].flatMap((index) => references[index] ?? []);
}

/** Whether the rows of a variable are among those of a reference. */
export function isOfVariable(
  { variables }: Exclude<MatchReference, { readonly kind: 'time' }>,
  variable: number,
): boolean {
  return variables === null || variables.includes(variable);
}
