import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { call } from '../../src/plan/bind/calls.ts';
import type { Expression } from '../../src/plan/expression.ts';
import type { MatchReference, PatternElement } from '../../src/plan/logical.ts';
import { patternSharing } from '../../src/plan/pattern-sharing.ts';
import { INT } from '../../src/types/sql-type.ts';
import { quantifiers } from '../support/patterns/quantifiers.ts';

const span = { source: new SourceText('test', ''), start: 0, end: 0 };
type From = 'first' | 'last';

/** `A B+ C`, where conditions are of `B: last A 0`, the reference that is over zero. */
function sharing(text: string, conditions: readonly string[] = []): string {
  const items = text.split(' ');
  const names = items.map((item) => item.slice(0, 1));
  const references: MatchReference[] = [];
  const looks = new Map(
    conditions.map((condition) => {
      const [, variable = '', from, of = '', offset] = /^(\w): (\w+) (\w+) (\d)$/.exec(condition) ?? [];
      const variables = of === 'any' ? null : [names.indexOf(of)];
      references.push({
        kind: 'column',
        variables,
        from: from as From,
        offset: Number(offset),
        column: 0,
        type: INT(),
      });
      const read: Expression = { kind: 'column', index: references.length - 1, type: INT(), span };
      const zero: Expression = { kind: 'literal', value: 0, type: INT(false), span };
      return [variable, call('>', [read, zero], span)];
    }),
  );
  const pattern = items.map((item, at): PatternElement => {
    const name = names[at] ?? '';
    return { name, condition: looks.get(name) ?? null, ...quantifiers[item.slice(1) as keyof typeof quantifiers] };
  });
  const found = patternSharing({ pattern, references });
  return found.kind === 'together' ? 'together' : `apart: ${names[found.variable]} ${found.because}`;
}

describe('matches begun go on together', () => {
  test('where a row leaves them one way on', () => {
    for (const pattern of ['A B+ C', 'A+ B', 'A{1,2} B C+ D', 'A? B']) expect(sharing(pattern)).toBe('together');
    expect(sharing('A B+? C+ D')).toBe('apart: C beside');
    expect(sharing('A B*? C D')).toBe('apart: C beside');
  });

  test('where the other way completes them, and no condition looks back', () => {
    for (const pattern of ['A B*? C', 'A B? C', 'A B+?']) expect(sharing(pattern)).toBe('together');
    expect(sharing('A B*? C', ['B: last B 1'])).toBe('apart: C beside');
    expect(sharing('A B+?', ['B: last B 1'])).toBe('apart: B beside');
  });

  test('where conditions look at the row before, or at the first that they can have', () => {
    expect(sharing('A B+ C', ['B: last B 1'])).toBe('together');
    expect(sharing('A B+ C', ['C: last B 0'])).toBe('together');
    expect(sharing('A B+ C', ['C: last any 1'])).toBe('together');
    expect(sharing('A B C', ['B: first A 0'])).toBe('together');
    expect(sharing('A+ B', ['A: last B 0'])).toBe('together');
  });

  test('not where they look at rows further back', () => {
    expect(sharing('A B+ C', ['B: last A 0'])).toBe('apart: B looks back');
    expect(sharing('A B C', ['C: last A 0'])).toBe('apart: C looks back');
    expect(sharing('A B+ C', ['B: last B 2'])).toBe('apart: B looks back');
    expect(sharing('A+ B', ['A: first A 0'])).toBe('apart: A looks back');
    expect(sharing('A+ B', ['B: first any 0'])).toBe('apart: B looks back');
  });
});
