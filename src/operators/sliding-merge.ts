import type { GroupStores } from './group-store.ts';

/** What is merged so far, in a snapshot. */
export type SavedSlides = {
  readonly suffixes: readonly { readonly start: number; readonly store: number }[];
  readonly tail: number;
  readonly boundary: number;
  readonly mergedTo: number;
  readonly isValid: boolean;
};

/** A slice that has rows. */
export interface FilledSlice {
  readonly start: number;
  readonly store: number;
}

/** Above so many bytes of merged suffixes each window is merged from its slices, which needs none. */
const suffixBytesMax = 128 << 20;

/**
 * The groups of hopping windows from the groups of their slices, in a few merges a window however many slices it has.
 *
 * Two stacks: *suffixes* holds, for each window start up to a boundary, the merge of the slices from there to the
 * boundary; *tail* is the merge of the slices behind it. A window is its suffix and the tail. When the windows have
 * passed the boundary, the boundary moves to the newest slice and the suffixes are built anew, newest slice first: so
 * a slice is merged twice in its life.
 * Source: Tangwongsan, Hirzel, Schneider 2017, "Low-latency sliding-window aggregation in worst-case constant time".
 *
 * ```
 * slices     a  b  c  d | e  f        boundary behind d
 * suffixes   abcd bcd cd d
 * tail                    ef          window [b..f] = bcd + ef
 * ```
 * A row that comes late for a slice that was merged already (`invalidate`) makes everything be built anew.
 */
export class SlidingMerge {
  readonly #stores: GroupStores;
  readonly #merge: (target: number, source: number) => void;
  readonly #slideMs: number;
  /** By the window start that they serve. */
  readonly #suffixes = new Map<number, number>();
  #tail = 0;
  #boundary = Number.NEGATIVE_INFINITY;
  /** The end of the last window: slices before it have been merged. */
  #mergedTo = Number.NEGATIVE_INFINITY;
  #isValid = false;

  constructor(stores: GroupStores, slideMs: number, merge: (target: number, source: number) => void) {
    this.#stores = stores;
    this.#slideMs = slideMs;
    this.#merge = merge;
  }

  /** A row has come to a slice that starts there. */
  invalidate(sliceStart: number): void {
    if (sliceStart < this.#mergedTo) this.#isValid = false;
  }

  /**
   * The groups of the window `[start, end)`, a store of the caller's to give back. `slices`: those in the window that
   * have rows, oldest first, at least two.
   */
  window(start: number, end: number, slices: readonly FilledSlice[]): number {
    if (!this.#isValid || this.#boundary <= start) {
      if (this.#suffixBytes(slices) > suffixBytesMax) return this.#mergeAll(slices);
      this.#rebuild(start, end, slices);
    } else {
      if (this.#tail === 0) this.#tail = this.#stores.take();
      for (const { start: at, store } of slices) {
        if (at >= this.#mergedTo && at >= this.#boundary) this.#merge(this.#tail, store);
      }
      this.#mergedTo = end;
    }
    const suffix = this.#suffixes.get(start);
    this.#suffixes.delete(start);
    const window = suffix ?? this.#stores.take();
    if (this.#tail !== 0) this.#merge(window, this.#tail);
    return window;
  }

  /** For a snapshot: stores by their addresses. */
  get saved(): SavedSlides {
    return {
      suffixes: [...this.#suffixes].map(([start, store]) => ({ start, store })),
      tail: this.#tail,
      boundary: this.#boundary,
      mergedTo: this.#mergedTo,
      isValid: this.#isValid,
    };
  }

  load({ suffixes, tail, boundary, mergedTo, isValid }: SavedSlides): void {
    for (const { start, store } of suffixes) this.#suffixes.set(start, store);
    this.#tail = tail;
    this.#boundary = boundary;
    this.#mergedTo = mergedTo;
    this.#isValid = isValid;
  }

  close(): void {
    this.#clear();
  }

  #rebuild(start: number, end: number, slices: readonly FilledSlice[]): void {
    this.#clear();
    const running = this.#stores.take();
    let next = slices.length - 1;
    // The last window start that a slice before the boundary is behind, then one slide earlier each.
    for (
      let at = start + Math.floor((end - 1 - start) / this.#slideMs) * this.#slideMs;
      at >= start;
      at -= this.#slideMs
    ) {
      for (let slice = slices[next]; slice !== undefined && slice.start >= at; slice = slices[--next]) {
        this.#merge(running, slice.store);
      }
      const suffix = this.#stores.take();
      this.#merge(suffix, running);
      this.#suffixes.set(at, suffix);
    }
    this.#stores.give(running);
    this.#boundary = end;
    this.#mergedTo = end;
    this.#isValid = true;
  }

  #mergeAll(slices: readonly FilledSlice[]): number {
    this.#clear();
    const window = this.#stores.take();
    for (const { store } of slices.toReversed()) this.#merge(window, store);
    return window;
  }

  #suffixBytes(slices: readonly FilledSlice[]): number {
    let largest = 0;
    for (const { store } of slices) largest = Math.max(largest, this.#stores.bytes(store));
    // A suffix has at most the groups of all its slices; the largest slice's, a few times over, is the usual case.
    return largest * slices.length * 2;
  }

  #clear(): void {
    for (const store of this.#suffixes.values()) this.#stores.give(store);
    this.#suffixes.clear();
    if (this.#tail !== 0) this.#stores.give(this.#tail);
    this.#tail = 0;
    this.#isValid = false;
    this.#boundary = Number.NEGATIVE_INFINITY;
  }
}
