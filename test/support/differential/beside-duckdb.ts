import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBDecimalValue, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import fc from 'fast-check';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { Memory } from '../../../src/memory/memory.ts';
import { rowTexts } from '../../../src/session/result-text.ts';
import type { World } from './random-world.ts';
import type { Sql } from './sql.ts';
import { createTable, duckdbRows, linesOf } from './tables.ts';

/** Random tables on the disk and in DuckDB; one at a time. */
export class BesideDuckdb {
  readonly #duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
  readonly #memory = Memory.create();
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-differential-'));

  private constructor(duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#duckdb = duckdb;
  }

  static async open(): Promise<BesideDuckdb> {
    const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    // Its rules have faults of their own: the first row of an empty table is there, of NULLs.
    await duckdb.run('PRAGMA disable_optimizer');
    // As in Flink.
    await duckdb.run("SET default_null_order = 'nulls_first_on_asc_last_on_desc'");
    return new BesideDuckdb(duckdb);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The rows that remain are DuckDB's. @throws Error with all that it takes to see that they are not */
  async expectEqual(world: World, query: Sql): Promise<readonly string[]> {
    const expected = await this.#expected(world, query.duckdb);
    this.write(world);
    const got = await this.rows(world, query.flink);
    if (got.length === expected.length && got.every((row, at) => row === expected[at])) return got;
    throw new Error(difference(world, query, { got, expected }));
  }

  async #expected({ tables }: World, query: string): Promise<readonly string[]> {
    const text = duckdbQuery(tables, query);
    try {
      const reader = await this.#duckdb.runAndReadAll(text);
      return reader
        .getRows()
        .map((row) => row.map(duckdbText).join(' | '))
        .sort();
    } catch (error) {
      const { message } = error as Error;
      // Such as a full join within a correlated subquery.
      fc.pre(!message.startsWith('Not implemented'));
      throw new Error(`DuckDB: ${message}\n${text}`);
    }
  }

  /** Puts the tables where `rows` reads them. There is a folder for each number of shards: to take files away costs more than all else. */
  write({ tables, shards }: World): void {
    for (const table of tables) {
      const folder = join(this.#folder, String(shards), table.name);
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
      for (let shard = 0; shard < shards; shard++) {
        writeFileSync(
          join(folder, String(shard)),
          linesOf(table, shard)
            .map((line) => `${line}\n`)
            .join(''),
        );
      }
    }
  }

  /** The rows that remain of a query, sorted. */
  async rows({ tables, shards, settings }: World, query: string): Promise<readonly string[]> {
    const script = [...tables.map((table) => createTable(table, join(this.#folder, String(shards)))), query]
      .map((text) => `${text};`)
      .join('\n');
    const engine = new Engine({ memory: this.#memory, settings });
    const counts = new Map<string, number>();
    let texts: ReturnType<typeof rowTexts> = () => [];
    for await (const event of engine.run(new SourceText('q.sql', script))) {
      if (event.kind === 'refused') {
        const reasons = event.diagnostics.map(({ code, message }) => `${code} ${message}`);
        throw new Error(`${reasons.join('\n')}\n${script}`);
      }
      if (event.kind === 'answer') texts = rowTexts(event.header);
      if (event.kind !== 'rows') continue;
      for (const row of event.rows) {
        const text = texts(row)
          .map((each) => (each === null ? 'NULL' : plain(each)))
          .join(' | ');
        counts.set(text, (counts.get(text) ?? 0) + (row.kind === '+I' || row.kind === '+U' ? 1 : -1));
      }
    }
    engine.close();
    return [...counts]
      .flatMap(([text, count]) =>
        count < 0 ? [`${text}: ${-count} too often taken back`] : Array<string>(count).fill(text),
      )
      .sort();
  }
}

const duckdbQuery = (tables: World['tables'], query: string): string =>
  `WITH ${tables.map(duckdbRows).join(',\n')}\n${query}`;

/** Numbers without the digits that a type adds, as the dialects have types of their own for sums. */
function plain(text: string): string {
  if (/^-?\d+(\.\d+)?(E-?\d+)?$/.test(text))
    return text.includes('E') ? String(Number(text)) : text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return text.replace(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d*?)0+$/, '$1.$2').replace(/\.$/, '');
}

function duckdbText(value: DuckDBValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value).toUpperCase();
  if (value instanceof DuckDBDecimalValue) return plain(String(value));
  return plain(String(value));
}

/** As a transcript to be put into `test/sql`, and a script for DuckDB. */
function difference(
  { tables, shards, settings }: World,
  query: Sql,
  { got, expected }: { readonly got: readonly string[]; readonly expected: readonly string[] },
): string {
  const creates = tables.map((table) => `statement ok\n${createTable(table, `\${dir}`)};\n`);
  const feeds = tables.flatMap((table) =>
    Array.from({ length: shards }, (_, shard) => {
      const lines = linesOf(table, shard);
      const head = shards === 1 ? `feed ${table.name}` : `feed ${table.name} shard ${shard}`;
      return lines.length === 0 ? '' : `${head}\n${lines.join('\n')}\n`;
    }),
  );
  const sets = Object.entries(settings).map(([key, value]) => `SET '${key}' = '${value}'`);
  return [
    'the rows that remain are not those of DuckDB',
    `# shards: ${shards}`,
    `# ${sets.join('; ')}\n`,
    ...creates,
    ...feeds.filter((feed) => feed !== ''),
    `query materialized\n${query.flink};\n----`,
    ...expected,
    '\n-- came out:',
    ...got,
    '\n-- for DuckDB',
    `${duckdbQuery(tables, query.duckdb)};`,
  ].join('\n');
}
