import type { KeptKind, Table } from '../catalog/table.ts';
import { keptBounds } from '../connectors/kept/kept-options.ts';
import type { PhysicalGraph } from '../physical/graph.ts';

/** Which tables keep the rows that the operators of a plan would lose. */
export class KeptTables {
  readonly #tables: ReadonlyMap<string, Table>;
  /** By operator and input: the sources that its rows come from, in the order of the plan. */
  readonly #sources = new Map<string, readonly string[]>();

  constructor({ sources, operators }: PhysicalGraph) {
    this.#tables = new Map(sources.map(({ id, scan }) => [id, scan.table]));
    const from = new Map<string, readonly string[]>(sources.map(({ id }) => [id, [id]]));
    for (const { id, inputs } of operators) {
      const each = inputs.map((input) => from.get(input) ?? []);
      for (const [index, behind] of each.entries()) this.#sources.set(`${id} ${index}`, behind);
      from.set(id, [...new Set(each.flat())]);
    }
  }

  /** The first table that a row came from and that keeps such rows, unless the plan reads what was kept of it. */
  of(kind: KeptKind, operator: string, input: number): Table | null {
    for (const source of this.#sources.get(`${operator} ${input}`) ?? []) {
      const table = this.ofSource(kind, source);
      if (table !== null) return table;
    }
    return null;
  }

  /** All that keep such rows. */
  all(kind: KeptKind): ReadonlySet<Table> {
    return new Set([...this.#tables.keys()].flatMap((source) => this.ofSource(kind, source) ?? []));
  }

  /** The table of a source, if it keeps such rows. */
  ofSource(kind: KeptKind, source: string): Table | null {
    const table = this.#tables.get(source);
    if (table === undefined || table.kept !== undefined) return null;
    if (kind === 'late' && table.watermark === null) return null;
    // What fails must still be passed over, though it is not kept again.
    return keptBounds(table, kind) === null || (kind === 'late' && this.readsKept(table, kind)) ? null : table;
  }

  /** A statement that replays what was kept of a table meets the same rows of the table again: they are there already. */
  readsKept(table: Table, kind: KeptKind): boolean {
    return [...this.#tables.values()].some(
      ({ kept }) => kept !== undefined && kept.kind === kind && isSame(kept.base, table),
    );
  }
}

function isSame({ path: a }: Table, { path: b }: Table): boolean {
  return a.catalog === b.catalog && a.database === b.database && a.name === b.name;
}
