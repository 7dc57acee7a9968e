import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect } from 'vitest';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { Memory } from '../../../src/memory/memory.ts';

const memory = Memory.create();

/** Three tables. */
export const names = ['a', 'b', 'c'] as const;
const cell = fc.option(fc.nat(4), { nil: null });
export const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 7 });

export function viewOf(name: string, list: readonly (readonly (number | null)[])[]): string {
  const values = list.map((row) => `(${row.map((value) => value ?? 'CAST(NULL AS INT)').join(', ')})`);
  return `CREATE VIEW ${name} AS SELECT * FROM (VALUES ${values.join(', ')}) AS t(x, y, z)`;
}

export const column = fc.constantFrom('x', 'y', 'z');
export const comparison = fc.constantFrom('=', '=', '<', '>=', '<>');
/** A condition over a row of each of two tables, without subqueries. */
export function plainCondition(a: string, b: string): fc.Arbitrary<string> {
  const { tree } = fc.letrec<{ tree: string; leaf: string }>((tie) => ({
    leaf: fc.oneof(
      fc.tuple(column, comparison, column).map(([own, test, other]) => `${a}.${own} ${test} ${b}.${other}`),
      fc.tuple(column, comparison, fc.nat(4)).map(([own, test, value]) => `${a}.${own} ${test} ${value}`),
      fc.tuple(column, fc.constantFrom('', 'NOT ')).map(([own, not]) => `${b}.${own} IS ${not}NULL`),
    ),
    tree: fc.oneof(
      { maxDepth: 2 },
      tie('leaf'),
      fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left} AND ${right})`),
      fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left} OR ${right})`),
      tie('tree').map((inner) => `NOT (${inner})`),
    ),
  }));
  return tree;
}

/** A condition that asks a subquery over the third table. */
function subquery(a: string, b: string): fc.Arbitrary<string> {
  const not = fc.constantFrom('', 'NOT ');
  const some = fc.constantFrom(`c.z > 1`, `c.y = ${b}.y`, 'c.x > 9');
  return fc.oneof(
    fc
      .tuple(column, not, column, some)
      .map(([own, no, other, where]) => `${a}.${own} ${no}IN (SELECT ${other} FROM c WHERE ${where})`),
    fc
      // In DuckDB, <> within a correlated EXISTS meets NULL.
      .tuple(not, fc.constantFrom('=', '<', '>='))
      .map(([no, test]) => `${no}EXISTS (SELECT 1 FROM c WHERE c.x = ${a}.x AND c.z ${test} ${a}.y)`),
    fc
      .tuple(comparison, fc.constantFrom('MAX', 'MIN', 'COUNT', 'SUM'))
      .map(([test, aggregate]) => `${a}.z ${test} (SELECT ${aggregate}(z) FROM c WHERE c.x = ${b}.x)`),
    fc
      .tuple(comparison, fc.constantFrom('ALL', 'ANY'))
      .map(([test, range]) => `${a}.y ${test} ${range} (SELECT z FROM c WHERE c.x = ${a}.x)`),
  );
}

export function condition(a: string, b: string): fc.Arbitrary<string> {
  return fc.oneof(
    plainCondition(a, b),
    subquery(a, b),
    fc.tuple(subquery(a, b), plainCondition(a, b)).map(([left, right]) => `(${left} OR ${right})`),
    fc.tuple(subquery(a, b), subquery(a, b)).map(([left, right]) => `(${left} AND ${right})`),
  );
}

/** How a query is run. */
export const ways = fc.record({
  'tidemark.batch-size': fc.constantFrom('1', '3', '8192'),
  'tidemark.optimizer': fc.constantFrom('on', 'off'),
});

export type Ways = Readonly<Record<string, string>>;
export type Tables = readonly (readonly (readonly (number | null)[])[])[];

/** A script of a query over tables. */
export function scriptOf(tables: Tables, sql: string): string {
  return [...tables.map((list, at) => viewOf(names[at] ?? '', list)), sql].map((text) => `${text};`).join('\n');
}

/** The rows that remain, sorted. */
export async function answer(script: string, settings: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const engine = new Engine({ memory, settings });
  const counts = new Map<string, number>();
  for await (const event of engine.run(new SourceText('q.sql', script))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind !== 'rows') continue;
    for (const { kind, values } of event.rows) {
      const text = values.map((value) => String(value).toLowerCase()).join('|');
      counts.set(text, (counts.get(text) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1));
    }
  }
  engine.close();
  return [...counts]
    .flatMap(([text, count]) => (count < 0 ? [`${text} too often`] : Array<string>(count).fill(text)))
    .sort();
}

/** Answers queries beside DuckDB. */
export class Beside {
  readonly #duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;

  private constructor(duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#duckdb = duckdb;
  }

  static async open(): Promise<Beside> {
    return new Beside(await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect());
  }

  /** The rows that remain are those that DuckDB gives. */
  async expectEqual(tables: Tables, sql: string, settings: Ways): Promise<void> {
    for (const [at, list] of tables.entries()) {
      await this.#duckdb.run(`DROP VIEW IF EXISTS ${names[at]}`);
      await this.#duckdb.run(viewOf(names[at] ?? '', list));
    }
    const reader = await this.#duckdb.runAndReadAll(sql);
    const expected = reader.getRows().map((row) => row.map(String).join('|'));
    expect(await answer(scriptOf(tables, sql), settings)).toEqual(expected.sort());
  }
}
