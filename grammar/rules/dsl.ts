import {
  EmbeddedActionsParser,
  type IParserConfig,
  type IRecognitionException,
  type IToken,
  type ParserMethod,
  type Rule,
  type TokenType,
} from 'chevrotain';

/** A rule that yields a node. */
export type RuleOf<Result> = ParserMethod<[], Result>;

interface Alternative<Result> {
  readonly GATE?: () => boolean;
  readonly ALT: () => Result;
}

type Optional<Result> = (() => Result) | { readonly GATE: () => boolean; readonly DEF: () => Result };

/**
 * Chevrotain's parser with the types that the rules need: what an alternation yields, and what a rule must yield.
 * The number is that of the decision in its rule: no two alternations, options or repetitions of a rule share one.
 */
interface Dsl {
  input: IToken[];
  errors: IRecognitionException[];
  exportLexerState(): number;
  LA(howMuch: number): IToken;
  RULE<Result>(name: string, implementation: () => Result): RuleOf<Result>;
  consume(index: number, type: TokenType): IToken;
  subrule<Result>(index: number, rule: RuleOf<Result>): Result;
  or<Result>(index: number, alternatives: readonly Alternative<Result>[]): Result;
  option<Result>(index: number, body: Optional<Result>): Result | undefined;
  many(index: number, body: Optional<unknown>): void;
  atLeastOne(index: number, body: Optional<unknown>): void;
  performSelfAnalysis(): void;
  /** Runs a rule to record it; `performSelfAnalysis` calls it for each. Chevrotain's own, not of its public interface. */
  topLevelRuleRecord(name: string, rule: () => unknown): Rule;
  getGAstProductions(): Record<string, Rule>;
}

export const DslParser = EmbeddedActionsParser as unknown as new (
  tokenTypes: TokenType[],
  config: IParserConfig,
) => Dsl;
