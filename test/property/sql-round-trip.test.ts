import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import type { Expression, Statement } from '../../src/sql/ast.ts';
import { format, formatExpression } from '../../src/sql/format.ts';
import { parse, parseExpression, parseScript } from '../../src/sql/parse.ts';
import { corpusTexts } from '../support/sql/corpus-texts.ts';
import { exposesQuery, operandsOf, withoutPlaces } from '../support/sql/trees.ts';

const runs = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 300);
const { scripts, expressions } = corpusTexts();

function statementsOf(text: string): readonly Statement[] {
  const { script, diagnostics } = parse(new SourceText('corpus', text));
  return diagnostics.length === 0 ? script.statements : [];
}

function expressionOf(text: string): Expression | null {
  try {
    return parseExpression(new SourceText('corpus', text));
  } catch {
    return null;
  }
}

describe('what is formatted and parsed again is the same tree', () => {
  test('of every script of the corpus', () => {
    const differing: string[] = [];
    let trees = 0;
    for (const { name, text } of scripts) {
      for (const statement of statementsOf(text)) {
        trees++;
        const again = parse(new SourceText('formatted', format(statement))).script.statements;
        const isSame = JSON.stringify(withoutPlaces(again)) === JSON.stringify(withoutPlaces([statement]));
        if (!isSame) differing.push(`${name}\n  ${format(statement)}`);
      }
    }
    expect(differing).toEqual([]);
    expect(trees).toBeGreaterThan(5000);
  });

  test('of every expression of the corpus', () => {
    const differing: string[] = [];
    let trees = 0;
    for (const { name, text } of expressions) {
      const tree = expressionOf(text);
      if (tree === null) continue;
      trees++;
      const again = expressionOf(formatExpression(tree));
      if (JSON.stringify(withoutPlaces(again)) !== JSON.stringify(withoutPlaces(tree)))
        differing.push(`${name}: ${text}\n  ${formatExpression(tree)}`);
    }
    expect(differing).toEqual([]);
    expect(trees).toBeGreaterThan(5000);
  });

  test('of trees in which operands have taken each other’s places', () => {
    const trees = scripts.flatMap(({ text }) => statementsOf(text)).filter((tree) => operandsOf(tree).length > 0);
    const pool = [
      ...trees.flatMap((tree) => operandsOf(tree).map(({ node }) => node)),
      ...expressions.flatMap(({ text }) => operandsOf(expressionOf(text)).map(({ node }) => node)),
    ];
    const swap = fc.tuple(fc.nat(pool.length - 1), fc.nat(1000));
    fc.assert(
      fc.property(fc.nat(trees.length - 1), fc.array(swap, { minLength: 1, maxLength: 4 }), (which, swaps) => {
        let tree: unknown = trees[which];
        for (const [from, place] of swaps) {
          const operands = operandsOf(tree);
          const operand = operands[place % operands.length];
          const other = pool[from];
          if (operand === undefined || other === undefined) continue;
          // The grammar takes no query in some places, as in a computed column: one may only stand for another.
          if (exposesQuery(other) && !exposesQuery(operand.node)) continue;
          tree = operand.replaced(other);
        }
        const text = format(tree as Statement);
        const [again] = parseScript(new SourceText('formatted', text)).statements;
        expect(withoutPlaces(again), text).toEqual(withoutPlaces(tree));
      }),
      { numRuns: runs },
    );
  });
});
