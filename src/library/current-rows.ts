import type { ChangeKindText } from '../session/statement-event.ts';

/** The rows of a result as they stand after its changes. Equal rows are counted; the order is that of their coming. */
export class CurrentRows<Row> {
  readonly #rows = new Map<string, { readonly row: Row; count: number }>();

  /** `key` tells rows apart: equal rows have equal keys. A row that is taken back without having come is not there. */
  apply(kind: ChangeKindText, key: string, row: Row): void {
    const known = this.#rows.get(key);
    if (kind === '+I' || kind === '+U') {
      if (known === undefined) this.#rows.set(key, { row, count: 1 });
      else known.count++;
    } else if (known !== undefined && --known.count === 0) this.#rows.delete(key);
  }

  all(): Row[] {
    const rows: Row[] = [];
    for (const { row, count } of this.#rows.values()) for (let copy = 0; copy < count; copy++) rows.push(row);
    return rows;
  }
}
