import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import fc from 'fast-check';
import { plainText } from './plain-text.ts';
import type { World } from './random-world.ts';
import { duckdbRows } from './tables.ts';

/** What DuckDB answers over what remains of random tables. */
export class DuckdbRows {
  readonly #duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;

  private constructor(duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#duckdb = duckdb;
  }

  static async open(): Promise<DuckdbRows> {
    const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    // Its rules have faults of their own: the first row of an empty table is there, of NULLs.
    await duckdb.run('PRAGMA disable_optimizer');
    // As in Flink.
    await duckdb.run("SET default_null_order = 'nulls_first_on_asc_last_on_desc'");
    return new DuckdbRows(duckdb);
  }

  /** The rows of a query, sorted. */
  async of({ tables }: World, query: string): Promise<readonly string[]> {
    const text = duckdbScript(tables, query);
    try {
      const reader = await this.#duckdb.runAndReadAll(text);
      const rows = reader.getRows().map((row) => row.map((value) => plainText(textOf(value))).join(' | '));
      return rows.sort();
    } catch (error) {
      const { message } = error as Error;
      // Such as a full join within a correlated subquery.
      fc.pre(!message.startsWith('Not implemented'));
      throw new Error(`DuckDB: ${message}\n${text}`);
    }
  }
}

/** A query behind its tables. */
export function duckdbScript(tables: World['tables'], query: string): string {
  return `WITH ${tables.map(duckdbRows).join(',\n')}\n${query}`;
}

function textOf(value: DuckDBValue): string | null {
  if (value === null) return null;
  return typeof value === 'boolean' ? String(value).toUpperCase() : String(value);
}
