/** What the runners know of the engine: a script in, one answer for each statement that answers. */
export interface EnginePort {
  /**
   * Runs a script to its end or to its first refusal, in a session of its own.
   * A statement without an answer (CREATE, SET) yields nothing; an INSERT is waited for and yields nothing.
   * The answer with an `error` is the last one.
   * @throws only for a fault of the engine itself; a user's mistake is an answer
   */
  run(script: string, options: RunOptions): AsyncIterable<Answer>;
}

export interface RunOptions {
  /** The name by which errors call the script. */
  readonly scriptName: string;
  /** As if by SET before the first statement. */
  readonly settings: Readonly<Record<string, string>>;
}

export type Answer = Result | { readonly error: Refusal };

/** The whole result of one statement. */
export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly ChangeRow[];
}

/** A row of a changelog, its fields in the text form of Flink's SQL client. */
export type ChangeRow = readonly [kind: ChangeKind, fields: readonly (string | null)[]];

export type ChangeKind = '+I' | '-U' | '+U' | '-D';

/** Why a statement was not run to its end. */
export interface Refusal {
  /** `B003` */
  readonly code: string;
  readonly message: string;
  /** From 1; null where there is no place in the script. */
  readonly line: number | null;
  readonly column: number | null;
  /** `runtime` when it was refused at a row. */
  readonly stage: 'parse' | 'bind' | 'runtime';
}
