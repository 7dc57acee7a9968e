/**
 * The syntax tree: what was written, checked for form only. Plain immutable data, told apart by `kind`; every node
 * has a `span`. Chapter by chapter: names, literals, types, expressions, queries, statements.
 */
export type * from '../../grammar/ast/expressions.ts';
export type * from '../../grammar/ast/literals.ts';
export type * from '../../grammar/ast/node.ts';
export type * from '../../grammar/ast/query.ts';
export type * from '../../grammar/ast/statements.ts';
export type * from '../../grammar/ast/types.ts';

import type { Statement } from '../../grammar/ast/statements.ts';
import type { SourceText } from '../diagnostics/source-text.ts';

/** A text of statements, each ended by `;` but perhaps the last. */
export interface Script {
  readonly source: SourceText;
  readonly statements: readonly Statement[];
}
