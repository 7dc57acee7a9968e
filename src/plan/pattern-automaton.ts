import type { PatternElement } from './logical.ts';

/**
 * A pattern as an automaton: it is made once and shared by all partitions. A run is a state and the rows taken so far;
 * each row moves a run along every take of its state whose conditions hold, and a run without one ends.
 *
 * Variables follow each other without a row between them. A greedy quantifier puts a guard on what comes behind it: that
 * may only be taken by a row which the quantifier's own variable would not take. So it gives nothing back, even where
 * the match is then lost. A reluctant one leaves both ways open, and the match that is complete first wins.
 *
 * ```
 * A B* C     0 -A-> 1      1 -B-> 2    1 -C unless B-> end
 *                          2 -B-> 2    2 -C unless B-> end
 * ```
 *
 * Source: Agrawal et al. 2008, "Efficient pattern matching over event streams"; the order of takes, which decides
 * between matches that start and end alike, is Apache Flink's.
 */
export interface PatternAutomaton {
  readonly states: readonly PatternState[];
  readonly start: number;
}

export interface PatternState {
  /** In the order in which they are tried. */
  readonly takes: readonly PatternTake[];
}

/** A row goes to a variable. Variables are numbers of their places in the pattern. */
export interface PatternTake {
  readonly variable: number;
  /** Not where the row could go to one of these too. */
  readonly guards: readonly number[];
  /** The state behind it; null: the match is complete, and nothing can follow. */
  readonly target: number | null;
  /** Where something may follow, the match is complete as well unless the row could go to one of these; null: it is not. */
  readonly completeUnless: readonly number[] | null;
}

type Shape = Pick<PatternElement, 'min' | 'max' | 'isGreedy'>;

/** A state while the automaton is built from its end: ways on by a row, and without one. */
interface Draft {
  readonly ways: Way[];
}

interface Way {
  /** Null: on to the target without taking a row. */
  readonly variable: number | null;
  readonly target: Draft;
  readonly guards: Set<number>;
}

/** Makes the automaton of a pattern; its states are those that some row leads to, in the order in which they are met. */
export function patternAutomaton(pattern: readonly Shape[]): PatternAutomaton {
  const end = newDraft();
  const start = pattern.reduceRight((next, shape, variable) => draftOf(shape, variable, next), end);
  const numbers = new Map([[start, 0]]);
  const numberOf = (draft: Draft): number => {
    const known = numbers.get(draft) ?? numbers.size;
    numbers.set(draft, known);
    return known;
  };
  const states: PatternState[] = [];
  // The map grows while it is gone through.
  for (const draft of numbers.keys()) states.push({ takes: takesOf(draft, end, numberOf) });
  return { states, start: 0 };
}

/** The states of a variable in front of `next`; gives its first. */
function draftOf({ min, max, isGreedy }: Shape, variable: number, next: Draft): Draft {
  const isOptional = min === 0;
  const from = Math.max(1, min);
  let target = next;
  if (max === null) {
    const loop = newDraft();
    loop.ways.push(way(null, next), way(variable, loop));
    target = loop;
  }
  if (isGreedy) for (const { guards } of next.ways) guards.add(variable);
  for (let count = from; count < (max ?? from); count++) {
    const state = newDraft();
    state.ways.push(way(variable, target), way(null, next));
    target = state;
  }
  for (let count = 1; count < from; count++) {
    const state = newDraft();
    state.ways.push(way(variable, target));
    target = state;
  }
  const first = newDraft();
  first.ways.push(way(variable, target));
  if (isOptional) first.ways.push(way(null, next));
  return first;
}

function newDraft(): Draft {
  return { ways: [] };
}

function way(variable: number | null, target: Draft): Way {
  return { variable, target, guards: new Set() };
}

/** What a row can do in a state: its own takes, then those of the states that are reached without a row. */
function takesOf(from: Draft, end: Draft, numberOf: (draft: Draft) => number): readonly PatternTake[] {
  const takes: PatternTake[] = [];
  let state: Draft | null = from;
  let guards: readonly number[] = [];
  // A state has one way on without a row at most.
  while (state !== null) {
    let onward: Way | null = null;
    for (const each of state.ways) {
      if (each.variable === null) {
        onward = each;
        continue;
      }
      const isEnd = each.target === end;
      takes.push({
        variable: each.variable,
        guards: [...new Set([...guards, ...each.guards])],
        target: isEnd ? null : numberOf(each.target),
        completeUnless: isEnd ? null : guardsToEnd(each.target, end),
      });
    }
    if (onward !== null) guards = [...guards, ...onward.guards];
    state = onward?.target ?? null;
  }
  return takes;
}

/** What must not hold on the way to the end that takes no row; null where there is none. */
function guardsToEnd(from: Draft, end: Draft): readonly number[] | null {
  const guards = new Set<number>();
  let state = from;
  while (state !== end) {
    const onward = state.ways.find(({ variable }) => variable === null);
    if (onward === undefined) return null;
    for (const guard of onward.guards) guards.add(guard);
    state = onward.target;
  }
  return [...guards];
}
