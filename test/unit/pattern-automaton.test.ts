import { describe, expect, test } from 'vitest';
import { type PatternAutomaton, patternAutomaton } from '../../src/plan/pattern-automaton.ts';
import { quantifiers } from '../support/patterns/quantifiers.ts';

/** Of `A B* C`, one letter a variable. */
function shapesOf(pattern: string) {
  return pattern.split(' ').map((item) => quantifiers[item.slice(1) as keyof typeof quantifiers]);
}

function automaton(pattern: string): readonly string[] {
  const items = pattern.split(' ');
  const shapes = shapesOf(pattern);
  return lines(
    patternAutomaton(shapes),
    items.map((item) => item.slice(0, 1)),
  );
}

/** `0 -A-> 1`, `1 -C unless B-> end`, `1 -B-> 2 or end`: a line a take, in their order. */
function lines({ states, start }: PatternAutomaton, names: readonly string[]): readonly string[] {
  const unless = (guards: readonly number[]): string =>
    guards.length === 0 ? '' : ` unless ${guards.map((guard) => names[guard]).join(', ')}`;
  expect(start).toBe(0);
  return states.flatMap(({ takes }, state) =>
    takes.map(({ variable, guards, target, completeUnless }) => {
      const complete = completeUnless === null ? '' : ` or end${unless(completeUnless)}`;
      return `${state} -${names[variable]}${unless(guards)}-> ${target ?? 'end'}${complete}`;
    }),
  );
}

describe('the automaton of a pattern', () => {
  test('is as drawn', () => {
    expect(automaton('A B* C')).toEqual([
      '0 -A-> 1',
      '1 -B-> 2',
      '1 -C unless B-> end',
      '2 -B-> 2',
      '2 -C unless B-> end',
    ]);
  });

  test('has a state a row that a quantifier counts', () => {
    expect(automaton('A{2} B')).toEqual(['0 -A-> 1', '1 -A-> 2', '2 -B-> end']);
    expect(automaton('A{2,}? B')).toEqual(['0 -A-> 1', '1 -A-> 2', '2 -A-> 2', '2 -B-> end']);
  });

  test('leaves a reluctant variable at any row', () => {
    expect(automaton('A*? B')).toEqual(['0 -A-> 1', '0 -B-> end', '1 -A-> 1', '1 -B-> end']);
  });

  test('guards what is behind a greedy variable, also where that has taken all it may', () => {
    expect(automaton('A{1,2} B')).toEqual(['0 -A-> 1', '1 -A-> 2', '1 -B unless A-> end', '2 -B unless A-> end']);
  });

  test('guards what an optional variable behind a greedy one leads to', () => {
    expect(automaton('A+ B{0,2} C')).toEqual([
      '0 -A-> 1',
      '1 -A-> 1',
      '1 -B unless A-> 2',
      '1 -C unless A, B-> end',
      '2 -B-> 3',
      '2 -C unless B-> end',
      '3 -C unless B-> end',
    ]);
  });

  test('may be complete before its end, and go on', () => {
    expect(automaton('A B? C?')).toEqual(['0 -A-> 1 or end', '1 -B-> 2 or end', '1 -C-> end', '2 -C-> end']);
    expect(automaton('A B+?')).toEqual(['0 -A-> 1', '1 -B-> 2 or end', '2 -B-> 2 or end']);
  });
});
