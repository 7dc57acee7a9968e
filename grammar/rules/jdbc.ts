import type { Span } from '../../src/diagnostics/source-text.ts';
import type { Expression } from '../ast/expressions.ts';
import type { TypeName } from '../ast/types.ts';
import { jdbcFunction, jdbcType } from '../jdbc-functions.ts';
import { SyntaxProblem } from '../syntax-problem.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { FunctionRules } from './functions.ts';

/** The escape syntax of JDBC for functions: each call becomes what it stands for. */
export abstract class JdbcRules extends FunctionRules {
  /** `{fn UCASE(a)}` */
  override readonly jdbcCall: RuleOf<Expression> = this.RULE('jdbcCall', () => {
    const start = this.LA(1);
    this.consume(0, T.BraceFunction);
    const value = this.or<Expression>(0, [
      { ALT: () => this.subrule(0, this.timestampArithmetic) },
      { ALT: () => this.subrule(0, this.jdbcConversion) },
      {
        ALT: () => {
          const name = this.or(1, [
            { ALT: () => this.subrule(0, this.functionName) },
            { ALT: () => this.wordName(this.consume(0, K.INSERT)) },
          ]);
          const { arguments: items } = this.subrule(0, this.argumentList);
          return this.isRecording ? (undefined as never) : jdbcFunction(name, items, this.spanFrom(start));
        },
      },
    ]);
    this.consume(0, T.RightBrace);
    return this.isRecording ? value : { ...value, span: this.spanFrom(start) };
  });

  /** `CONVERT(a, SQL_INTEGER)`, a cast */
  readonly jdbcConversion: RuleOf<Expression> = this.RULE('jdbcConversion', () => {
    const start = this.LA(1);
    this.tokens(K.CONVERT, T.LeftParen);
    const value = this.subrule(0, this.expression);
    this.consume(0, T.Comma);
    const type = this.or<TypeName>(0, [
      {
        GATE: () => /^sql_/i.test(this.LA(1).image),
        ALT: () => {
          const { name, span } = this.identifier();
          return this.isRecording ? (undefined as never) : this.typeOf(name, span);
        },
      },
      { ALT: () => unbounded(this.subrule(0, this.basicType)) },
    ]);
    this.consume(0, T.RightParen);
    return { kind: 'cast', span: this.spanFrom(start), form: 'CAST', value, type, format: null };
  });

  private typeOf(word: string, span: Span): TypeName {
    const type = jdbcType(word, span);
    if (type === null) throw new SyntaxProblem('P001', span, `"${word}" is no type of JDBC`);
    return unbounded(type);
  }
}

/** VARCHAR and VARBINARY hold any text here, and not one character. */
function unbounded(type: TypeName): TypeName {
  if (type?.kind !== 'basicType' || type.parameters.length > 0) return type;
  if (type.name === 'VARCHAR') return { ...type, name: 'STRING' };
  return type.name === 'VARBINARY' ? { ...type, name: 'BYTES' } : type;
}
