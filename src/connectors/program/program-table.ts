/** A row as the embedding program holds it: values by column name, in the forms of `types/js-value.ts`. */
export type ProgramRow = Readonly<Record<string, unknown>>;

/** A table whose rows the embedding program gives while jobs run. Each job opens a feed of its own. */
export interface ProgramTable {
  /** @internal `wake` is called when `take` may give more than it did, or the end has come. */
  open(wake: () => void): RowFeed;
}

/** The rows of a program's table on their way to one job: a bounded queue. */
export interface RowFeed {
  /** The next rows, at most so many, in order; none where there are none now. @throws what the program's source has thrown */
  take(rowsMax: number): readonly ProgramRow[];
  /** No rows follow those that were taken. */
  readonly hasEnded: boolean;
  /** The job reads no more. */
  close(): void;
}

/** A table whose rows the embedding program finds by a key. */
export interface ProgramLookup {
  /** The rows of a key, whose values stand under the names of its columns; no row, one, or several. */
  lookup(key: ProgramRow): unknown;
}

/** What the program gave the engine, by name. */
export type ProgramTables = ReadonlyMap<string, ProgramTable | ProgramLookup>;
