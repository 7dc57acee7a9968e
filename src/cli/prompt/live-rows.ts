import type { ChangeKindText } from '../../session/statement-event.ts';

/** Holes among the rows before they are closed. */
const holesMax = 1024;

/**
 * The rows of a result as they stand after its changes. A row keeps its place when it is replaced: `+U` behind `-U`, and
 * so do those around it. O(1) a change.
 */
export class LiveRows<Row> {
  /** In the order in which their places were first taken; null: a hole. */
  #rows: ({ readonly key: string; readonly row: Row } | null)[] = [];
  /** The places of equal rows, the last first taken. */
  readonly #places = new Map<string, number[]>();
  readonly #rowsMax: number;
  #count = 0;
  /** Before it there are only holes. */
  #first = 0;
  /** The place that `-U` has left for the `+U` behind it. */
  #freed: number | null = null;

  /** Beyond `rowsMax` the row that came first is forgotten. */
  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  get size(): number {
    return this.#count;
  }

  /** `key` tells rows apart. A row that is taken back and is not there, was forgotten. */
  apply(kind: ChangeKindText, key: string, row: Row): void {
    const freed = this.#freed;
    this.#freed = null;
    if (kind === '+I' || kind === '+U') {
      this.#put(kind === '+U' && freed !== null ? freed : this.#rows.length, key, row);
      return;
    }
    const places = this.#places.get(key);
    const place = places?.pop();
    if (place === undefined) return;
    if (places?.length === 0) this.#places.delete(key);
    this.#rows[place] = null;
    this.#count--;
    if (kind === '-U') this.#freed = place;
    else if (this.#rows.length > 2 * this.#count + holesMax) this.#close();
  }

  *[Symbol.iterator](): Generator<Row> {
    for (let place = this.#first; place < this.#rows.length; place++) {
      const held = this.#rows[place];
      if (held !== null && held !== undefined) yield held.row;
    }
  }

  #put(place: number, key: string, row: Row): void {
    this.#rows[place] = { key, row };
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, [place]);
    else places.push(place);
    this.#count++;
    this.#first = Math.min(this.#first, place);
    if (this.#count > this.#rowsMax) this.#forgetFirst();
  }

  #forgetFirst(): void {
    while (this.#rows[this.#first] === null) this.#first++;
    const held = this.#rows[this.#first];
    if (held === null || held === undefined) return;
    this.#rows[this.#first] = null;
    this.#count--;
    const places = (this.#places.get(held.key) ?? []).filter((place) => place !== this.#first);
    if (places.length === 0) this.#places.delete(held.key);
    else this.#places.set(held.key, places);
    if (this.#rows.length > 2 * this.#count + holesMax) this.#close();
  }

  #close(): void {
    this.#rows = this.#rows.filter((held) => held !== null);
    this.#first = 0;
    this.#places.clear();
    for (const [place, { key }] of (this.#rows as { readonly key: string }[]).entries()) {
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [place]);
      else places.push(place);
    }
  }
}
