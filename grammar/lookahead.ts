import {
  Alternation,
  type ILookaheadStrategy,
  type IOrAlt,
  type IProduction,
  type IToken,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  type Rule,
  Terminal,
  type TokenType,
} from 'chevrotain';

/** What the tokens could be that begin a piece of the grammar, and whether the piece may be empty. */
interface First {
  readonly types: ReadonlySet<TokenType>;
  readonly isEmpty: boolean;
}

/** The parser as a lookahead function sees it. */
interface Reader {
  LA(howMuch: number): IToken;
}

/**
 * One token of lookahead, each table made when it is first asked for.
 * Chevrotain's own strategy builds every table when the parser is made, and enumerates the paths of a nested rule anew
 * for each; for this grammar that takes longer than all of a short query. Where one token does not decide, the rules
 * have gates, and an alternative that comes first wins.
 */
export class LazyLookahead implements ILookaheadStrategy {
  readonly #firstOfRule = new Map<Rule, First>();
  /** Where each wish for a token goes while a failed statement is read again to explain it; else null. */
  onMiss: ((expected: ReadonlySet<TokenType>, inRule: string) => void) | null = null;

  /** The token types that can begin a rule's text. */
  firstOfRule(rule: Rule): ReadonlySet<TokenType> {
    return this.#firstOfReferenced(rule).types;
  }

  validate(): [] {
    return [];
  }

  buildLookaheadForAlternation(options: {
    prodOccurrence: number;
    rule: Rule;
  }): (alternatives?: IOrAlt<unknown>[]) => number | undefined {
    // oxlint-disable-next-line typescript/no-this-alias -- the function's own `this` is the parser
    const strategy = this;
    let table: (number[] | undefined)[] | null = null;
    let all: ReadonlySet<TokenType> = new Set();
    return function (this: Reader, alternatives) {
      if (table === null) ({ table, all } = strategy.#alternationTable(options.rule, options.prodOccurrence));
      const candidates = table[this.LA(1).tokenTypeIdx];
      if (candidates !== undefined) {
        for (const candidate of candidates) {
          const gate = alternatives?.[candidate]?.GATE;
          if (gate === undefined || gate.call(this)) return candidate;
        }
      }
      strategy.onMiss?.(all, options.rule.name);
      return undefined;
    } as (alternatives?: IOrAlt<unknown>[]) => number | undefined;
  }

  buildLookaheadForOptional(options: { prodOccurrence: number; prodType: string; rule: Rule }): () => boolean {
    // oxlint-disable-next-line typescript/no-this-alias -- the function's own `this` is the parser
    const strategy = this;
    let accepted: boolean[] | null = null;
    let all: ReadonlySet<TokenType> = new Set();
    return function (this: Reader) {
      if (accepted === null) {
        const production = find(options.rule, options.prodType, options.prodOccurrence);
        all = strategy.#firstOfSequence(definitionOf(production)).types;
        accepted = [];
        for (const type of all) for (const index of indexesOf(type)) accepted[index] = true;
      }
      if (accepted[this.LA(1).tokenTypeIdx] === true) return true;
      strategy.onMiss?.(all, options.rule.name);
      return false;
    } as () => boolean;
  }

  #alternationTable(rule: Rule, occurrence: number): { table: number[][]; all: ReadonlySet<TokenType> } {
    const alternation = find(rule, 'Alternation', occurrence);
    const table: number[][] = [];
    const all = new Set<TokenType>();
    definitionOf(alternation).forEach((alternative, index) => {
      for (const type of this.#firstOf(alternative).types) {
        all.add(type);
        for (const tokenIndex of indexesOf(type)) {
          table[tokenIndex] ??= [];
          if (table[tokenIndex]?.at(-1) !== index) table[tokenIndex]?.push(index);
        }
      }
    });
    return { table, all };
  }

  #firstOf(production: IProduction): First {
    if (production instanceof Terminal) return { types: new Set([production.terminalType]), isEmpty: false };
    if (production instanceof NonTerminal) return this.#firstOfReferenced(production.referencedRule);
    if (production instanceof Alternation) {
      const firsts = production.definition.map((alternative) => this.#firstOf(alternative));
      return {
        types: new Set(firsts.flatMap(({ types }) => [...types])),
        isEmpty: firsts.some(({ isEmpty }) => isEmpty),
      };
    }
    const first = this.#firstOfSequence(definitionOf(production));
    const mayBeLeftOut = production instanceof Option || production instanceof Repetition;
    return mayBeLeftOut ? { types: first.types, isEmpty: true } : first;
  }

  #firstOfReferenced(rule: Rule): First {
    const known = this.#firstOfRule.get(rule);
    if (known !== undefined) return known;
    const first = this.#firstOfSequence(rule.definition);
    this.#firstOfRule.set(rule, first);
    return first;
  }

  #firstOfSequence(sequence: readonly IProduction[]): First {
    const types = new Set<TokenType>();
    for (const production of sequence) {
      const first = this.#firstOf(production);
      for (const type of first.types) types.add(type);
      if (!first.isEmpty) return { types, isEmpty: false };
    }
    return { types, isEmpty: true };
  }
}

/** The indexes of a token type and of those that belong to it as a category. */
function indexesOf(type: TokenType): readonly number[] {
  return [type.tokenTypeIdx as number, ...(type.categoryMatches ?? [])];
}

/** The kinds of decision that the grammar makes. */
const decisions = { Alternation, Option, Repetition, RepetitionMandatory };

function find(rule: Rule, kind: string, occurrence: number): IProduction {
  const found = search(rule.definition, decisions[kind as keyof typeof decisions], occurrence);
  if (found === null) throw new Error(`no ${kind} ${occurrence} in ${rule.name}`);
  return found;
}

function search(
  productions: readonly IProduction[],
  kind: (typeof decisions)[keyof typeof decisions],
  occurrence: number,
): IProduction | null {
  for (const production of productions) {
    if (production instanceof kind && production.idx === occurrence) return production;
    const inside = search(definitionOf(production), kind, occurrence);
    if (inside !== null) return inside;
  }
  return null;
}

/** What stands inside; a reference to another rule is not entered. */
function definitionOf(production: IProduction): readonly IProduction[] {
  if (production instanceof NonTerminal || production instanceof Terminal) return [];
  return (production as IProduction & { readonly definition: readonly IProduction[] }).definition;
}
