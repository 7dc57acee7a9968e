import type { SqlParser } from '../../grammar/parser.ts';
import { SyntaxProblem } from '../../grammar/syntax-problem.ts';
import type { SqlToken } from '../../grammar/tokens.ts';

/** Why a statement could not be read. */
export type Failure =
  /** The token at `index` (the number of tokens: the end) does not fit; `expected` is the one type wanted, if one. */
  | { readonly kind: 'token'; readonly index: number }
  | { readonly kind: 'problem'; readonly problem: SyntaxProblem; readonly index: number }
  /** The stack was used up at about this token. */
  | { readonly kind: 'depth'; readonly index: number };

/** Reads the tokens by a rule. */
export function attempt<Node>(
  parser: SqlParser,
  tokens: SqlToken[],
  rule: (parser: SqlParser) => Node,
): { readonly node: Node } | Failure {
  parser.input = tokens;
  parser.startOver();
  try {
    const node = rule(parser);
    const [first] = parser.errors;
    if (first === undefined) return { node };
    const index = tokens.indexOf(first.token as SqlToken);
    return { kind: 'token', index: index < 0 ? tokens.length : index };
  } catch (thrown) {
    if (thrown instanceof SyntaxProblem) {
      const { start } = thrown;
      const index = tokens.findIndex(({ endOffset }) => endOffset >= start);
      return { kind: 'problem', problem: thrown, index: index < 0 ? tokens.length : index };
    }
    // V8 has no name for it but this; thrown where the stack ends, at whatever depth the caller stands.
    if (thrown instanceof RangeError) return { kind: 'depth', index: Math.min(parser.nextIndex, tokens.length - 1) };
    throw thrown;
  }
}
