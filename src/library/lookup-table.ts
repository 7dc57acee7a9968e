import type { ProgramLookup, ProgramRow } from '../connectors/program/program-table.ts';
import type { SourceText } from '../diagnostics/source-text.ts';
import { tableSql } from './declaration.ts';
import type { Columns, InputRow, ValueOf } from './row-types.ts';

/** A table whose rows the program finds by a key, while a query runs. */
export interface LookupTableDeclaration<C extends Columns, Key extends keyof C & string> {
  /** Names and SQL types. */
  readonly columns: C;
  /** The columns that it is asked by: a join has an equality with each. */
  readonly key: readonly Key[];
  /**
   * The rows of a key: one, several, or none. Keys come several at a time; a lookup that fails is tried again, then the
   * job fails with it.
   */
  readonly lookup: (key: { readonly [Name in Key]: ValueOf<C[Name]> }) => LookupAnswer<C> | Promise<LookupAnswer<C>>;
  /** What is kept of it for later rows; by default nothing. */
  readonly cache?: LookupTableCache | undefined;
  /** How often a lookup that failed is tried again. By default 3. */
  readonly maxRetries?: number | undefined;
}

/** The rows of a key: one, several, or none. */
export type LookupAnswer<C extends Columns> = InputRow<C> | readonly InputRow<C>[] | null | undefined;

/** How long the rows of a key are kept for later rows. */
export interface LookupTableCache {
  /** Keys that are kept at most; the longest unseen go first. */
  readonly maxRows?: number | undefined;
  /** `'10 min'`: a key is asked for again so long after it was. */
  readonly expireAfterWrite?: string | undefined;
  /** A key that no row came to for so long is asked for again. */
  readonly expireAfterAccess?: string | undefined;
  /** Whether keys without rows are kept too. By default they are. */
  readonly missingKeys?: boolean | undefined;
}

/** The CREATE TABLE of the declaration. */
export function lookupTableSql<C extends Columns, Key extends keyof C & string>(
  name: string,
  { columns, key, cache, maxRetries }: LookupTableDeclaration<C, Key>,
): SourceText {
  const cached = {
    'max-rows': cache?.maxRows,
    'expire-after-write': cache?.expireAfterWrite,
    'expire-after-access': cache?.expireAfterAccess,
    'cache-missing-key': cache?.missingKeys,
  };
  const options: Record<string, string> = { connector: 'program', table: name, 'lookup.keys': key.join(';') };
  if (maxRetries !== undefined) options['lookup.max-retries'] = String(maxRetries);
  if (cache !== undefined) options['lookup.cache'] = 'PARTIAL';
  for (const [option, value] of Object.entries(cached))
    if (value !== undefined) options[`lookup.partial-cache.${option}`] = String(value);
  return tableSql(name, { columns }, options);
}

/** What the connector asks. */
export function programLookup<C extends Columns, Key extends keyof C & string>({
  lookup,
}: LookupTableDeclaration<C, Key>): ProgramLookup {
  return { lookup: lookup as (key: ProgramRow) => unknown };
}
