import {
  Alternation,
  Alternative,
  type IProduction,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  Rule,
  Terminal,
  type TokenType,
} from 'chevrotain';

/**
 * A grammar as Chevrotain records it, as plain data. To record it, a parser runs every rule once when it is made; a
 * parser that is given it stored starts in half the time.
 */
export type StoredGrammar = Readonly<Record<string, readonly StoredProduction[]>>;

type StoredProduction =
  /** Its occurrence in the rule, and its number among the token types. */
  | readonly ['terminal', number, number]
  | readonly ['rule', number, string]
  | readonly ['alternation', number, readonly (readonly StoredProduction[])[]]
  | readonly ['option' | 'repetition' | 'repetitionMandatory', number, readonly StoredProduction[]];

/** The stored grammar: the build puts it here. Null in the sources, whose grammar is recorded at each start. */
export const storedGrammar: StoredGrammar | null = null;

export function storeGrammar(rules: Readonly<Record<string, Rule>>, tokenTypes: readonly TokenType[]): StoredGrammar {
  const numbers = new Map(tokenTypes.map((type, at) => [type, at]));
  const store = (production: IProduction): StoredProduction => {
    if (production instanceof Terminal)
      return [
        'terminal',
        production.idx,
        numbers.get(production.terminalType) ?? missing(production.terminalType.name),
      ];
    if (production instanceof NonTerminal) return ['rule', production.idx, production.nonTerminalName];
    if (production instanceof Alternation)
      return [
        'alternation',
        production.idx,
        (production.definition as Alternative[]).map(({ definition }) => definition.map(store)),
      ];
    if (production instanceof Option) return ['option', production.idx, production.definition.map(store)];
    if (production instanceof Repetition) return ['repetition', production.idx, production.definition.map(store)];
    if (production instanceof RepetitionMandatory)
      return ['repetitionMandatory', production.idx, production.definition.map(store)];
    return missing(production.constructor.name);
  };
  return Object.fromEntries(Object.entries(rules).map(([name, { definition }]) => [name, definition.map(store)]));
}

/** A rule as it was recorded. @throws Error for one that is not stored */
export function restoreRule(name: string, grammar: StoredGrammar, tokenTypes: readonly TokenType[]): Rule {
  const restore = (stored: StoredProduction): IProduction => {
    switch (stored[0]) {
      case 'terminal':
        return new Terminal({ terminalType: tokenTypes[stored[2]] ?? missing(`${stored[2]}`), idx: stored[1] });
      case 'rule':
        return new NonTerminal({ nonTerminalName: stored[2], idx: stored[1] });
      case 'alternation': {
        const [, idx, alternatives] = stored;
        return new Alternation({
          definition: alternatives.map((definition) => new Alternative({ definition: definition.map(restore) })),
          idx,
        });
      }
      case 'option':
      case 'repetition':
      case 'repetitionMandatory': {
        const [kind, idx, definition] = stored;
        const Kind = { option: Option, repetition: Repetition, repetitionMandatory: RepetitionMandatory }[kind];
        return new Kind({ definition: definition.map(restore), idx });
      }
    }
  };
  return new Rule({ name, definition: (grammar[name] ?? missing(name)).map(restore) });
}

function missing(what: string): never {
  throw new Error(`the stored grammar has no place for ${what}`);
}
