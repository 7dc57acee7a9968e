import type { LogicalMatch, MatchReference, PatternElement } from './logical.ts';
import { isOfVariable, looksAtRowAlone, referencesOf } from './match-references.ts';
import { type PatternAutomaton, type PatternState, type PatternTake, patternAutomaton } from './pattern-automaton.ts';

/**
 * Whether the matches begun in a partition go on together: then all that a row has brought to one state do what the next
 * row makes of one of them, and a row costs the states of the automaton, however many matches are begun.
 *
 * They do where each condition looks at what is the same of all of them, its own row and the one before it, and where a
 * row leaves a match one way on. Else one variable is named that keeps them apart: its condition `looks back` to rows
 * that differ between them, or it can be taken `beside` another, so that one start has several matches begun.
 *
 * Where conditions look at their rows alone, a match that is complete need not go on: one that started before it is
 * never behind it in the pattern, and has then been complete by this row as well. So none waits for another, and each
 * start is sent or skipped with the row that first completes it.
 */
export type PatternSharing =
  | { readonly kind: 'together' }
  | { readonly kind: 'apart'; readonly variable: number; readonly because: 'looks back' | 'beside' };

/** Begun in one partition where they do not go on together. A row costs a step for each of them. */
export const matchesBegunMax = 1_048_576;

/** Whether nothing bounds the rows of a match. */
export function mayGoOn(pattern: readonly PatternElement[]): boolean {
  return pattern.some(({ max }) => max === null);
}

export function patternSharing(match: Pick<LogicalMatch, 'pattern' | 'references'>): PatternSharing {
  const automaton = patternAutomaton(match.pattern);
  const backward = lookingBack(match, automaton);
  if (backward !== null) return { kind: 'apart', variable: backward, because: 'looks back' };
  const isRowAlone = match.pattern.every(
    ({ condition }, at) => condition === null || looksAtRowAlone(condition, at, match.references),
  );
  const beside = automaton.states.map((state) => (isRowAlone ? besideUntilComplete(state) : besideAtAll(state)));
  const variable = beside.find((each) => each !== null);
  return variable == null ? { kind: 'together' } : { kind: 'apart', variable, because: 'beside' };
}

/** What matches begun have taken when they have come to a state: the variable of the last row, and all before it. */
interface Taken {
  readonly last: Set<number>;
  readonly earlier: Set<number>;
}

/** The first variable whose condition looks at rows that are not the same of all matches in some state. */
function lookingBack(
  { pattern, references }: Pick<LogicalMatch, 'pattern' | 'references'>,
  automaton: PatternAutomaton,
): number | null {
  const taken = takenBefore(automaton);
  for (const [at, { takes }] of automaton.states.entries()) {
    const asked = takes.flatMap(({ variable, guards, completeUnless }) => [
      variable,
      ...guards,
      ...(completeUnless ?? []),
    ]);
    for (const variable of asked) {
      const condition = pattern[variable]?.condition ?? null;
      if (condition === null) continue;
      const differs = (reference: MatchReference): boolean => isDifferent(reference, variable, taken[at]);
      if (referencesOf(condition, references).some(differs)) return variable;
    }
  }
  return null;
}

/** Whether the rows before the last two, that of the variable and the one before it, decide what a reference is. */
function isDifferent(reference: MatchReference, variable: number, taken: Taken | undefined): boolean {
  if (reference.kind === 'time') return false;
  if (reference.kind === 'aggregate') return true;
  const { last, earlier } = taken ?? { last: [], earlier: [] };
  if (![...earlier].some((each) => isOfVariable(reference, each))) return false;
  if (reference.from === 'first') return true;
  const own = isOfVariable(reference, variable) ? 1 : 0;
  return [...last].some((each) => reference.offset >= own + (isOfVariable(reference, each) ? 1 : 0));
}

function takenBefore({ states }: PatternAutomaton): readonly Taken[] {
  const taken = states.map((): Taken => ({ last: new Set(), earlier: new Set() }));
  const add = (to: Set<number>, variables: Iterable<number>): boolean => {
    const { size } = to;
    for (const variable of variables) to.add(variable);
    return to.size > size;
  };
  let hasGrown = true;
  while (hasGrown) {
    hasGrown = false;
    for (const [at, { takes }] of states.entries()) {
      const from = taken[at];
      for (const { variable, target } of takes) {
        const to = target === null ? undefined : taken[target];
        if (from === undefined || to === undefined) continue;
        const isNew = [add(to.last, [variable]), add(to.earlier, from.earlier), add(to.earlier, from.last)];
        hasGrown ||= isNew.includes(true);
      }
    }
  }
  return taken;
}

/** A variable that a row can go to beside another, or that completes a match which can go on; null: there is none. */
function besideAtAll({ takes }: PatternState): number | null {
  const both = takes.find(({ target, completeUnless }) => target !== null && completeUnless !== null);
  return both?.variable ?? unguarded(takes, ({ guards }) => guards);
}

/** As before, but for ways on of a match that the row completes. */
function besideUntilComplete({ takes }: PatternState): number | null {
  const onward = takes.filter(({ target }) => target !== null);
  const complete = takes.filter(({ target, completeUnless }) => target === null || completeUnless !== null);
  return (
    unguarded(onward, ({ guards }) => guards) ??
    unguarded(complete, ({ guards, completeUnless }) => [...guards, ...(completeUnless ?? [])])
  );
}

/** The first of some takes that is not kept from by an earlier one. */
function unguarded(takes: readonly PatternTake[], guardsOf: (take: PatternTake) => readonly number[]): number | null {
  const found = takes.find((take, at) => takes.slice(0, at).some(({ variable }) => !guardsOf(take).includes(variable)));
  return found?.variable ?? null;
}
