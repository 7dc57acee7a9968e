import type { Rule, TokenType } from 'chevrotain';
import type { Statement } from './ast/statements.ts';
import type { RuleOf } from './rules/dsl.ts';
import { SessionRules } from './rules/session.ts';
import { restoreRule, type StoredGrammar, storeGrammar } from './stored-grammar.ts';
import { tokenTypes } from './tokens.ts';

/**
 * The statement and query language of Flink 2.2. The chapters in `rules/` build on each other: names, types,
 * expressions, values, functions, json, tables, queries, patterns, declarations, alterations, jobs, session.
 */
export class SqlParser extends SessionRules {
  override readonly statement: RuleOf<Statement> = this.RULE('statement', () => {
    const start = this.LA(1);
    return this.or<Statement>(0, [
      {
        ALT: () => {
          const query = this.subrule(0, this.query);
          return { kind: 'queryStatement', span: this.spanFrom(start), hasExecute: false, query };
        },
      },
      { ALT: () => this.subrule(0, this.create) },
      { ALT: () => this.subrule(0, this.drop) },
      { ALT: () => this.subrule(0, this.alter) },
      { ALT: () => this.subrule(0, this.insert) },
      { ALT: () => this.subrule(0, this.execute) },
      { ALT: () => this.subrule(0, this.beginStatementSet) },
      { ALT: () => this.subrule(0, this.endStatementSet) },
      { ALT: () => this.subrule(0, this.update) },
      { ALT: () => this.subrule(0, this.delete) },
      { ALT: () => this.subrule(0, this.merge) },
      { ALT: () => this.subrule(0, this.truncate) },
      { ALT: () => this.subrule(0, this.explain) },
      { ALT: () => this.subrule(0, this.compilePlan) },
      { ALT: () => this.subrule(0, this.call) },
      { ALT: () => this.subrule(0, this.setSetting) },
      { ALT: () => this.subrule(0, this.resetSetting) },
      { ALT: () => this.subrule(0, this.use) },
      { ALT: () => this.subrule(0, this.show) },
      { ALT: () => this.subrule(0, this.describe) },
      { ALT: () => this.subrule(0, this.loadModule) },
      { ALT: () => this.subrule(0, this.unloadModule) },
      { ALT: () => this.subrule(0, this.analyzeTable) },
      { ALT: () => this.subrule(0, this.addJar) },
      { ALT: () => this.subrule(0, this.removeJar) },
      { ALT: () => this.subrule(0, this.stopJob) },
      { GATE: () => this.isClientCommand(), ALT: () => this.subrule(0, this.clientCommand) },
    ]);
  });

  /** `stored`: the grammar, where it need not be recorded. */
  constructor(stored: StoredGrammar | null = null) {
    super();
    if (stored !== null) this.topLevelRuleRecord = (name) => restoreRule(name, stored, tokenTypes);
    this.performSelfAnalysis();
    this.isRecording = false;
  }

  /** The grammar as it was recorded, to be stored. */
  toStored(): StoredGrammar {
    return storeGrammar(this.getGAstProductions(), tokenTypes);
  }

  /** The index of the next token. */
  get nextIndex(): number {
    return this.exportLexerState() + 1;
  }

  /** The token types that can begin a rule's text. */
  firstOf(rule: string): ReadonlySet<TokenType> {
    return this.lookahead.firstOfRule(this.getGAstProductions()[rule] as Rule);
  }

  private isClientCommand(): boolean {
    return clientCommands.has(this.LA(1).image.toUpperCase()) && this.LA(2).tokenType.name === 'EOF';
  }
}

const clientCommands = new Set(['QUIT', 'EXIT', 'CLEAR', 'HELP']);
