import { fail } from '../../diagnostics/diagnostic.ts';
import type { Pattern, PatternQuantified, PatternVariable } from '../../sql/ast.ts';
import type { PatternElement } from '../logical.ts';
import { notYet } from './bind-expression.ts';

/** A variable of a pattern before its condition is bound. */
export type PatternShape = Omit<PatternElement, 'condition'>;

/** A mask of variables has 64 bits. */
const variablesMax = 64;
/** Each row that a quantifier counts is a state of the automaton. */
const statesMax = 10_000;

/**
 * The variables of a pattern, one behind the other.
 * @throws DiagnosticError W002 for what Flink's patterns have not: alternatives, groups that repeat, a variable twice
 */
export function patternShapes(pattern: Pattern): readonly PatternShape[] {
  const shapes: PatternShape[] = [];
  collect(pattern, shapes);
  if (shapes.length > variablesMax) notYet('W002', pattern.span, `a pattern of more than ${variablesMax} variables`);
  const states = shapes.reduce((sum, { min, max }) => sum + (max ?? min) + 1, 0);
  if (states > statesMax) notYet('W002', pattern.span, `a pattern that counts more than ${statesMax} rows`);
  if (shapes.every(({ min }) => min === 0)) {
    fail('B055', pattern.span, 'every variable of the pattern may be left out, so it would match no row at all', {
      help: 'let one variable take at least one row: "A+" instead of "A*"',
    });
  }
  const last = shapes.at(-1);
  if (last?.isGreedy === true) {
    fail('B055', pattern.span, `the pattern ends in "${last.name}", which takes rows without end`, {
      help: `write a reluctant quantifier, as "${last.name}+?", or a variable behind it`,
    });
  }
  return shapes;
}

function collect(pattern: Pattern, shapes: PatternShape[]): void {
  switch (pattern.kind) {
    case 'patternVariable':
      add(pattern, { min: 1, max: 1, isGreedy: false }, shapes);
      return;
    case 'patternSequence':
      for (const item of pattern.items) collect(item, shapes);
      return;
    case 'patternGroup':
      collect(pattern.pattern, shapes);
      return;
    case 'patternQuantified':
      addQuantified(pattern, shapes);
      return;
    case 'patternAlternation':
      notYet('W002', pattern.span, 'an alternative in a pattern');
      break;
    case 'patternExclusion':
      notYet('W002', pattern.span, '{- -} in a pattern');
      break;
    case 'patternPermute':
      notYet('W002', pattern.span, 'PERMUTE');
  }
}

function addQuantified(pattern: PatternQuantified, shapes: PatternShape[]): void {
  const { min, max, isReluctant, span } = pattern;
  const item = variableOf(pattern);
  if (min === null) notYet('W002', span, 'a quantifier without a lower bound');
  else if (max === 0) notYet('W002', span, 'a variable that takes no row');
  else if (max !== null && max < min)
    fail('B055', span, `the quantifier's upper bound ${max} is below its lower bound ${min}`);
  else {
    const isOptional = min === 0 && max === 1;
    if (isOptional && isReluctant) notYet('W002', span, 'a reluctant optional variable');
    const before = shapes.at(-1);
    if (before?.isGreedy === true && min === 0 && (max === null || max === 1)) {
      fail('B055', span, `"${item.name.name}" may be left out, so "${before.name}" before it would not know its end`, {
        help: `make the quantifier of "${before.name}" reluctant by "?"`,
      });
    }
    // One or none, and an exact number, leave nothing to be greedy about.
    add(item, { min, max, isGreedy: !isReluctant && !isOptional && min !== max }, shapes);
  }
}

function variableOf({ item, span }: PatternQuantified): PatternVariable {
  let inner = item;
  while (inner.kind === 'patternGroup') inner = inner.pattern;
  return inner.kind === 'patternVariable' ? inner : notYet('W002', span, 'a quantifier of a group');
}

function add({ name }: PatternVariable, quantifier: Omit<PatternShape, 'name'>, shapes: PatternShape[]): void {
  if (shapes.some((shape) => shape.name === name.name))
    notYet('W002', name.span, `the variable "${name.name}" twice in a pattern`);
  shapes.push({ name: name.name, ...quantifier });
}
