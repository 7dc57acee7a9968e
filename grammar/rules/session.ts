import type { Property, QualifiedName, Text } from '../ast/node.ts';
import type {
  ClientCommand,
  Describe,
  LoadModule,
  PartitionSpec,
  Reset,
  Set as SetStatement,
  Show,
  ShowLike,
  ShowObject,
  Statement,
  Use,
} from '../ast/statements.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { JobRules } from './jobs.ts';

/** SET, USE, SHOW, DESCRIBE and the like. */
export abstract class SessionRules extends JobRules {
  /** `SET 'k' = 'v'`; the client's `SET k = v` is read before the grammar. */
  readonly setSetting: RuleOf<SetStatement> = this.RULE('setSetting', () => {
    const start = this.LA(1);
    this.consume(0, K.SET);
    const property = this.option(0, () => this.subrule(0, this.property)) ?? (null as Property | null);
    return { kind: 'set', span: this.spanFrom(start), property };
  });

  readonly resetSetting: RuleOf<Reset> = this.RULE('resetSetting', () => {
    const start = this.LA(1);
    this.consume(0, K.RESET);
    const key = this.option(0, () => this.subrule(0, this.text)) ?? (null as Text | null);
    return { kind: 'reset', span: this.spanFrom(start), key };
  });

  readonly use: RuleOf<Use> = this.RULE('use', () => {
    const start = this.LA(1);
    this.consume(0, K.USE);
    return this.or<Use>(0, [
      {
        GATE: () => this.LA(2).tokenTypeIdx !== T.Dot.tokenTypeIdx && this.LA(2).tokenType.name !== 'EOF',
        ALT: () => {
          this.consume(0, K.CATALOG);
          const names = [this.subrule(0, this.qualifiedName)];
          return { kind: 'use', span: this.spanFrom(start), object: 'CATALOG', names };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.MODULES);
          const names = this.listOf(1, this.qualifiedName);
          return { kind: 'use', span: this.spanFrom(start), object: 'MODULES', names };
        },
      },
      {
        ALT: () => {
          const names = [this.subrule(9, this.qualifiedName)];
          return { kind: 'use', span: this.spanFrom(start), object: 'DATABASE', names };
        },
      },
    ]);
  });

  readonly show: RuleOf<Show> = this.RULE('show', () => {
    const start = this.LA(1);
    this.consume(0, K.SHOW);
    let parts = nothingMore;
    const plain = (object: ShowObject): ShowObject => object;
    const object = this.or<ShowObject>(0, [
      {
        ALT: () =>
          this.sequel(plain(this.named(K.CATALOGS, 'CATALOGS')), () => {
            parts = this.subrule(0, this.showLikeOnly);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.DATABASES, 'DATABASES')), () => {
            parts = this.subrule(0, this.showIn);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.TABLES, 'TABLES')), () => {
            parts = this.subrule(1, this.showIn);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.VIEWS, 'VIEWS')), () => {
            parts = this.subrule(2, this.showIn);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.MODELS, 'MODELS')), () => {
            parts = this.subrule(3, this.showIn);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.PROCEDURES, 'PROCEDURES')), () => {
            parts = this.subrule(4, this.showIn);
          }),
      },
      {
        ALT: () =>
          this.sequel(plain(this.named(K.FUNCTIONS, 'FUNCTIONS')), () => {
            parts = this.subrule(5, this.showIn);
          }),
      },
      {
        ALT: () => {
          this.userWord();
          this.consume(1, K.FUNCTIONS);
          parts = this.subrule(6, this.showIn);
          return 'USER FUNCTIONS';
        },
      },
      {
        ALT: () => {
          this.tokens(K.MATERIALIZED, K.TABLES);
          parts = this.subrule(7, this.showIn);
          return 'MATERIALIZED TABLES';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.COLUMNS);
          const preposition = this.preposition(1);
          const name = this.subrule(0, this.qualifiedName);
          parts = { ...parts, preposition, name, like: this.likeOf(1) };
          return 'COLUMNS';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.PARTITIONS);
          const name = this.subrule(1, this.qualifiedName);
          const partition = this.option(2, () => this.subrule(0, this.partitionSpec)) ?? null;
          parts = { ...parts, name, partition };
          return 'PARTITIONS';
        },
      },
      { ALT: () => this.named(K.MODULES, 'MODULES') },
      {
        ALT: () => {
          this.tokens(K.FULL, K.MODULES);
          return 'FULL MODULES';
        },
      },
      { ALT: () => this.named(K.JARS, 'JARS') },
      { ALT: () => this.named(K.JOBS, 'JOBS') },
      {
        ALT: () => {
          this.consume(0, K.CURRENT);
          return this.or<ShowObject>(2, [
            { ALT: () => this.named(K.CATALOG, 'CURRENT CATALOG') },
            { ALT: () => this.named(K.DATABASE, 'CURRENT DATABASE') },
          ]);
        },
      },
      {
        ALT: () => {
          this.consume(0, K.CREATE);
          const created = this.or<ShowObject>(3, [
            { ALT: () => this.named(K.TABLE, 'CREATE TABLE') },
            { ALT: () => this.named(K.VIEW, 'CREATE VIEW') },
            { ALT: () => this.named(K.CATALOG, 'CREATE CATALOG') },
            { ALT: () => this.named(K.MODEL, 'CREATE MODEL') },
            {
              ALT: () => {
                this.tokens(K.MATERIALIZED, K.TABLE);
                return 'CREATE MATERIALIZED TABLE';
              },
            },
          ]);
          parts = { ...parts, name: this.subrule(2, this.qualifiedName) };
          return created;
        },
      },
    ]);
    return { kind: 'show', span: this.spanFrom(start), object, ...parts };
  });

  /** `FROM db NOT LIKE 'a%'` */
  readonly showIn: RuleOf<ShowParts> = this.RULE('showIn', () => {
    let preposition: 'FROM' | 'IN' | null = null;
    let name: QualifiedName | null = null;
    this.option(0, () => {
      preposition = this.preposition(0);
      name = this.subrule(0, this.qualifiedName);
    });
    return { preposition, name, partition: null, like: this.likeOf(1) };
  });

  readonly showLikeOnly: RuleOf<ShowParts> = this.RULE('showLikeOnly', () => ({
    ...nothingMore,
    like: this.likeOf(0),
  }));

  readonly showLike: RuleOf<ShowLike> = this.RULE('showLike', () => {
    const start = this.LA(1);
    const isNegated = this.maybe(0, K.NOT);
    const operator = this.or<'LIKE' | 'ILIKE'>(0, [
      { ALT: () => this.named(K.LIKE, 'LIKE') },
      { ALT: () => this.named(K.ILIKE, 'ILIKE') },
    ]);
    const pattern = this.subrule(0, this.text);
    return { kind: 'showLike', span: this.spanFrom(start), isNegated, operator, pattern };
  });

  readonly describe: RuleOf<Describe> = this.RULE('describe', () => {
    const start = this.LA(1);
    this.either(0, K.DESCRIBE, K.DESC);
    return this.or<Describe>(1, [
      { GATE: () => this.isWordBeforeName(), ALT: () => this.describeOf(start, K.CATALOG, 'CATALOG', 1) },
      { GATE: () => this.isWordBeforeName(), ALT: () => this.describeOf(start, K.DATABASE, 'DATABASE', 2) },
      { ALT: () => this.describeOf(start, K.FUNCTION, 'FUNCTION', 3) },
      { GATE: () => this.isWordBeforeName(), ALT: () => this.describeOf(start, K.MODEL, 'MODEL', 4) },
      {
        GATE: () => this.LA(2).tokenType === T.QuotedString,
        ALT: () => {
          this.consume(0, K.JOB);
          const name = this.subrule(0, this.text);
          return { kind: 'describe', span: this.spanFrom(start), object: 'JOB', isExtended: false, name };
        },
      },
      {
        ALT: () => {
          const isExtended = this.maybe(5, K.EXTENDED);
          const name = this.subrule(5, this.qualifiedName);
          return { kind: 'describe', span: this.spanFrom(start), object: 'TABLE', isExtended, name };
        },
      },
    ]);
  });

  readonly loadModule: RuleOf<LoadModule> = this.RULE('loadModule', () => {
    const start = this.LA(1);
    this.tokens(K.LOAD, K.MODULE);
    const name = this.identifier();
    const options = this.optionsOf(0);
    return { kind: 'loadModule', span: this.spanFrom(start), name, options };
  });

  readonly unloadModule: RuleOf<Statement> = this.RULE('unloadModule', () => {
    const start = this.LA(1);
    this.tokens(K.UNLOAD, K.MODULE);
    const name = this.identifier();
    return { kind: 'unloadModule', span: this.spanFrom(start), name };
  });

  readonly addJar: RuleOf<Statement> = this.RULE('addJar', () => {
    const start = this.LA(1);
    this.tokens(K.ADD, K.JAR);
    const path = this.subrule(0, this.text);
    return { kind: 'addJar', span: this.spanFrom(start), path };
  });

  readonly removeJar: RuleOf<Statement> = this.RULE('removeJar', () => {
    const start = this.LA(1);
    this.tokens(K.REMOVE, K.JAR);
    const path = this.subrule(0, this.text);
    return { kind: 'removeJar', span: this.spanFrom(start), path };
  });

  /** QUIT, EXIT, CLEAR, HELP: names to the grammar, words of the client alone in a statement. */
  readonly clientCommand: RuleOf<ClientCommand> = this.RULE('clientCommand', () => {
    const start = this.LA(1);
    const token = this.consume(0, T.Identifier);
    const command = token.image.toUpperCase() as ClientCommand['command'];
    return { kind: 'clientCommand', span: this.spanFrom(start), command, argument: null };
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  /** USER, which is a context variable elsewhere. */
  private userWord(): void {
    this.consume(0, T.OtherCallableVariable);
  }

  private preposition(index: number): 'FROM' | 'IN' {
    return this.or<'FROM' | 'IN'>(index, [
      { ALT: () => this.named(K.FROM, 'FROM') },
      { ALT: () => this.named(K.IN, 'IN') },
    ]);
  }

  private likeOf(index: number): ShowLike | null {
    return this.option(index, () => this.subrule(index, this.showLike)) ?? null;
  }

  /** CATALOG and the like are names too: `DESCRIBE catalog` is a table's description. */
  private isWordBeforeName(): boolean {
    const next = this.LA(2).tokenType;
    return next.name !== 'EOF' && next !== T.Dot && next !== T.Semicolon;
  }

  private describeOf(
    start: ReturnType<typeof this.LA>,
    word: typeof K.CATALOG,
    object: Describe['object'],
    index: number,
  ): Describe {
    this.consume(index, word);
    const isExtended = this.maybe(index, K.EXTENDED);
    const name = this.subrule(index, this.qualifiedName);
    return { kind: 'describe', span: this.spanFrom(start), object, isExtended, name };
  }
}

interface ShowParts {
  readonly preposition: 'FROM' | 'IN' | null;
  readonly name: QualifiedName | null;
  readonly partition: PartitionSpec | null;
  readonly like: ShowLike | null;
}

const nothingMore: ShowParts = { preposition: null, name: null, partition: null, like: null };
