import type { Span } from '../diagnostics/source-text.ts';

/** One option of a connector, a format or the session: it checks `WITH (...)`, makes the docs and gives the default. */
export interface OptionSpec {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'int' | 'long' | 'double' | 'duration' | 'memory' | 'enum';
  /** Of numbers: the least value. */
  readonly min?: number;
  /** Of type `double`: the greatest value. */
  readonly max?: number;
  /** Of type `enum`. */
  readonly values?: readonly string[];
  /** The case of such a value counts. */
  readonly isExact?: boolean;
  /** In the option's text form; absent: none. */
  readonly default?: string;
  readonly required?: boolean;
  /** `fields.#.kind`: `#` stands for any column's name. */
  readonly pattern?: boolean;
  /** One sentence for the reference. */
  readonly doc: string;
}

/** Checked options: durations in ms, memory sizes in bytes, longs as bigint. */
export interface OptionValues {
  string(name: string): string | undefined;
  boolean(name: string): boolean | undefined;
  int(name: string): number | undefined;
  long(name: string): bigint | undefined;
  double(name: string): number | undefined;
  durationMs(name: string): number | undefined;
  memoryBytes(name: string): number | undefined;
  /** The value's place in the SQL, for an error about it. */
  span(name: string): Span | null;
  /** The names that were given. */
  readonly names: readonly string[];
  /** The options under a prefix (`json.`), with the prefix cut. */
  under(prefix: string): OptionValues;
}
