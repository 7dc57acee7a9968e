import type { Span } from '../../src/diagnostics/source-text.ts';

/** What every node of the AST has. Nodes are plain immutable data; `kind` tells them apart. */
export interface Node {
  readonly kind: string;
  /** From the node's first token to its last. */
  readonly span: Span;
}

/** A single name: a column, a table, an alias. Case counts. */
export interface Identifier extends Node {
  readonly kind: 'identifier';
  /** Without its back-ticks. */
  readonly name: string;
  /** Written in back-ticks. */
  readonly isQuoted: boolean;
}

/** `table`, `database.table`, `catalog.database.table`: one part or more. */
export interface QualifiedName extends Node {
  readonly kind: 'qualifiedName';
  readonly parts: readonly Identifier[];
}

/** `'k' = 'v'`, in WITH, SET and OPTIONS hints. */
export interface Property extends Node {
  readonly kind: 'property';
  readonly key: Text;
  readonly value: Text;
}

/** A string where the grammar takes nothing else: a comment, an option, a path. */
export interface Text extends Node {
  readonly kind: 'text';
  readonly value: string;
}
