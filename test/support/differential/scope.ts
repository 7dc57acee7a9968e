import type { Choices } from './choices.ts';
import type { Column } from './expressions.ts';
import { joined, type Sql, sql } from './sql.ts';
import type { Kind, Table } from './tables.ts';

/** A query, and the columns that it gives. */
export interface Query {
  readonly sql: Sql;
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
}

/** A random query of one class. */
export type QueryMaker = (scope: Scope) => Query;

/** What stands in FROM. */
export interface Source {
  readonly sql: Sql;
  readonly columns: readonly Column[];
}

/** What a random query is made of: decisions, tables, and other queries within it. */
export class Scope {
  readonly choices: Choices;
  readonly tables: readonly Table[];
  /** What may stand in the place of a table. */
  readonly #nested: readonly QueryMaker[];
  readonly #counter: { aliases: number };
  readonly #depth: number;

  constructor(
    choices: Choices,
    tables: readonly Table[],
    nested: readonly QueryMaker[],
    depth = 1,
    counter = { aliases: 0 },
  ) {
    this.choices = choices;
    this.tables = tables;
    this.#nested = nested;
    this.#depth = depth;
    this.#counter = counter;
  }

  /** A name that no other source of the query has. */
  alias(): string {
    return `t${this.#counter.aliases++}`;
  }

  /** A table, or now and then the rows of a query. */
  source(): Source {
    const { choices } = this;
    const alias = this.alias();
    if (this.#nested.length > 0 && this.#depth > 0 && choices.chance(30)) {
      return aliased(choices.pick(this.#nested)(this.#inner()), alias);
    }
    const table = choices.pick(this.tables);
    return {
      sql: sql`${table.name} AS ${alias}`,
      columns: table.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })),
    };
  }

  #inner(): Scope {
    return new Scope(this.choices, this.tables, this.#nested, this.#depth - 1, this.#counter);
  }
}

/** A query's rows in FROM. */
export function aliased(query: Query, alias: string): Source {
  return {
    sql: sql`(${query.sql}) AS ${alias}`,
    columns: query.columns.map(({ name, kind }) => ({ sql: sql`${alias}.${name}`, kind })),
  };
}

/** The select list of some values, as `c0`, `c1` and so on, and what it gives. */
export function selection(values: readonly Column[]): { readonly list: Sql; readonly columns: Query['columns'] } {
  return {
    list: joined(values.map((each, at) => sql`${each.sql} AS c${at}`)),
    columns: values.map(({ kind }, at) => ({ name: `c${at}`, kind })),
  };
}

/** Some of the columns, at least one. */
export function someOf(choices: Choices, columns: readonly Column[], most = 4): readonly Column[] {
  return choices.several(1, most, () => choices.pick(columns));
}
