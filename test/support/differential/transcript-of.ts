import { duckdbScript } from './duckdb-rows.ts';
import type { World } from './random-world.ts';
import type { Sql } from './sql.ts';
import { createTable, linesOf } from './tables.ts';

/** A query, and what it answered. */
export interface Asked {
  readonly query: string;
  readonly rows: readonly string[];
}

/** Tables and queries as a transcript to be put into `test/sql`; below the first query stands what is right of it. */
export function transcriptOf({ tables, shards, settings }: World, asked: readonly Asked[]): string {
  const sets = Object.entries(settings).map(([key, value]) => `SET '${key}' = '${value}'`);
  const creates = tables.map((table) => `statement ok\n${createTable(table, `\${dir}`)};\n`);
  const feeds = tables.flatMap((table) =>
    Array.from({ length: shards }, (_, shard) => {
      const head = shards === 1 ? `feed ${table.name}` : `feed ${table.name} shard ${shard}`;
      return [head, ...linesOf(table, shard), ''];
    })
      .filter(({ length }) => length > 2)
      .map((lines) => lines.join('\n')),
  );
  const queries = asked.map(({ query, rows }) => ['query materialized', `${query};`, '----', ...rows, ''].join('\n'));
  return [`# shards: ${shards}`, `# ${sets.join('; ')}\n`, ...creates, ...feeds, ...queries].join('\n');
}

/** The error of a query that is not answered as by DuckDB. */
export function difference(world: World, query: Sql, got: readonly string[], expected: readonly string[]): Error {
  return new Error(
    [
      'the rows that remain are not those of DuckDB\n',
      transcriptOf(world, [{ query: query.flink, rows: expected }]),
      '-- came out:',
      ...got,
      '\n-- for DuckDB:',
      `${duckdbScript(world.tables, query.duckdb)};`,
    ].join('\n'),
  );
}
