/**
 * Decisions out of a list of bytes: whoever makes something at random asks here what to make next. An exhausted list
 * says 0, which is always the simplest choice, so that a shorter list with smaller bytes makes a simpler thing, and
 * shrinking the list shrinks what is made of it.
 */
export class Choices {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return (this.#bytes[this.#at++] ?? 0) % count;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** True in so many of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  /** Between `least` and `most` things. */
  several<T>(least: number, most: number, make: (at: number) => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, at) => make(at));
  }
}
