import { describe, expect, test } from 'vitest';
import { SqlParser } from '../../grammar/parser.ts';
import type { StoredGrammar } from '../../grammar/stored-grammar.ts';

describe('a parser that is given the stored grammar', () => {
  const recorded = new SqlParser();
  const stored = JSON.parse(JSON.stringify(recorded.toStored())) as StoredGrammar;
  const restored = new SqlParser(stored);

  test('has the grammar that another has recorded', () => {
    expect(restored.toStored()).toEqual(recorded.toStored());
    expect(Object.keys(stored).length).toBeGreaterThan(100);
  });

  test('looks ahead to the same tokens', () => {
    for (const rule of Object.keys(stored))
      expect([rule, restored.firstOf(rule)]).toEqual([rule, recorded.firstOf(rule)]);
  });

  test('refuses a grammar that lacks a rule', () => {
    const { query: _query, ...rest } = stored;
    expect(() => new SqlParser(rest)).toThrow('the stored grammar has no place for query');
  });
});
