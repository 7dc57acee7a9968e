import type { MatchSkip, PatternElement } from '../../../src/plan/logical.ts';

/** A row of one partition, in the order of time. */
export interface NaiveRow {
  readonly atMs: number;
  readonly n: number;
  /** Which variables it may go to. */
  readonly fits: readonly boolean[];
}

/** A variable, and what it wants of a row besides that it fits. */
export interface NaiveVariable extends Pick<PatternElement, 'min' | 'max' | 'isGreedy'> {
  readonly wish: Wish;
}

/**
 * `above`: its n is not below that of the first row which a variable took, where that took any. `rising`: of the last row
 * which a variable took before. `few`: so many rows at most.
 */
export type Wish =
  | { readonly kind: 'none' }
  | { readonly kind: 'above' | 'rising'; readonly variable: number }
  | { readonly kind: 'few'; readonly count: number };

export interface NaivePattern {
  readonly variables: readonly NaiveVariable[];
  readonly skip: MatchSkip['to'];
  readonly skipVariable: number;
  readonly withinMs: number | null;
}

interface Taken {
  readonly variable: number;
  readonly row: NaiveRow;
  readonly number: number;
}

/** A match so far, and how many rows its last variable took. */
interface Run {
  readonly start: number;
  readonly taken: readonly Taken[];
}

export interface NaiveMatch {
  readonly rows: readonly Taken[];
  readonly atMs: number;
}

/**
 * What MATCH_RECOGNIZE means, with nothing shared and nothing kept: a run is the list of its rows. Of runs that start
 * alike the order is that of Java's PriorityQueue, as in Flink.
 */
export class NaiveMatcher {
  readonly matches: NaiveMatch[] = [];
  readonly #pattern: NaivePattern;
  #runs = new Queue();
  #done = new Queue();
  #count = 0;

  constructor(pattern: NaivePattern) {
    this.#pattern = pattern;
    this.#runs.add(fresh);
  }

  /** When the first run will have had its time. */
  get deadlineMs(): number {
    const { withinMs } = this.#pattern;
    const times = this.#runs.items.flatMap(({ taken: [first] }) => (first === undefined ? [] : [first.row.atMs]));
    return withinMs === null ? Number.POSITIVE_INFINITY : Math.min(...times) + withinMs;
  }

  /** @throws Error where there is no row to skip to */
  row(row: NaiveRow): void {
    const number = this.#count++;
    const runs = new Queue();
    const found = new Queue();
    for (const run of this.#runs.items) {
      for (const variable of this.#takes(run, row, number)) {
        const next = { start: run.start === fresh.start ? number : run.start, taken: [...run.taken, variable] };
        if (this.#canGoOn(next)) runs.add(next);
        if (this.#isComplete(next, row, number, run)) found.add(next);
      }
      if (run === fresh) runs.add(fresh);
    }
    this.#runs = runs;
    for (const run of found.items) this.#done.add(run);
    this.#send(row.atMs);
  }

  /** Runs that have had their time end. */
  time(nowMs: number): void {
    const runs = new Queue();
    for (const run of this.#runs.items) {
      const [first] = run.taken;
      if (first === undefined || nowMs - first.row.atMs < (this.#pattern.withinMs ?? Infinity)) runs.add(run);
    }
    this.#runs = runs;
    this.#send(nowMs);
  }

  #takes(run: Run, row: NaiveRow, number: number): Taken[] {
    const { variables } = this.#pattern;
    const last = run.taken.at(-1)?.variable ?? -1;
    const count = run.taken.filter(({ variable }) => variable === last).length;
    const takes: Taken[] = [];
    const wants = (variable: number): boolean => this.#wants(run, variable, row, number);
    if (last >= 0 && count < (variables[last]?.max ?? Infinity) && wants(last))
      takes.push({ variable: last, row, number });
    if (last >= 0 && count < (variables[last]?.min ?? 0)) return takes;
    for (let variable = last + 1; variable < variables.length; variable++) {
      // A greedy variable on the way keeps every row that it wants.
      const isKept = variables.some((each, at) => at >= last && at < variable && each.isGreedy && wants(at));
      if (!isKept && wants(variable)) takes.push({ variable, row, number });
      if ((variables[variable]?.min ?? 0) > 0) break;
    }
    return takes;
  }

  #wants({ taken }: Run, variable: number, row: NaiveRow, number: number): boolean {
    const wish = this.#pattern.variables[variable]?.wish ?? { kind: 'none' };
    if (row.fits[variable] !== true) return false;
    const rows = [...taken, { variable, row, number }];
    switch (wish.kind) {
      case 'none':
        return true;
      case 'above': {
        const first = rows.find((each) => each.variable === wish.variable);
        return first === undefined || row.n >= first.row.n;
      }
      case 'rising': {
        const last = taken.findLast((each) => each.variable === wish.variable);
        return last === undefined || row.n >= last.row.n;
      }
      case 'few':
        return rows.filter((each) => each.variable === variable).length <= wish.count;
    }
  }

  #canGoOn({ taken }: Run): boolean {
    const { variables } = this.#pattern;
    const last = taken.at(-1)?.variable ?? 0;
    const count = taken.filter(({ variable }) => variable === last).length;
    return last < variables.length - 1 || count < (variables[last]?.max ?? Infinity);
  }

  #isComplete({ taken }: Run, row: NaiveRow, number: number, before: Run): boolean {
    const { variables } = this.#pattern;
    const last = taken.at(-1)?.variable ?? 0;
    const count = taken.filter(({ variable }) => variable === last).length;
    if (count < (variables[last]?.min ?? 0)) return false;
    if (variables.slice(last + 1).some(({ min }) => min > 0)) return false;
    const rest = variables.slice(last, -1);
    return !rest.some(({ isGreedy }, at) => isGreedy && this.#wants(before, last + at, row, number));
  }

  #send(atMs: number): void {
    for (;;) {
      const [run] = this.#done.items;
      if (run === undefined || run.start > (this.#runs.items[0]?.start ?? Infinity)) return;
      this.#done.poll();
      const upTo = this.#skipTo(run);
      this.#runs.prune(upTo);
      this.#done.prune(upTo);
      this.matches.push({ rows: run.taken, atMs });
    }
  }

  /** The next match starts behind this row. */
  #skipTo({ start, taken }: Run): number {
    const { skip, skipVariable } = this.#pattern;
    if (skip === 'next row') return start;
    if (skip === 'past last row') return taken.at(-1)?.number ?? 0;
    const rows = taken.filter(({ variable }) => variable === skipVariable);
    const row = skip === 'first' ? rows[0] : rows.at(-1);
    if (row === undefined || row.number === start) throw new Error('no row to skip to');
    return row.number - 1;
  }
}

/** The run that has no rows yet: behind all others. */
const fresh: Run = { start: Number.POSITIVE_INFINITY, taken: [] };

/** Java's PriorityQueue by start, whose array is looked through in its order. */
class Queue {
  items: Run[] = [];

  add(run: Run): void {
    let at = this.items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.items[parent] ?? fresh;
      if (run.start >= above.start) break;
      this.items[at] = above;
      at = parent;
    }
    this.items[at] = run;
  }

  poll(): void {
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.#sink(0, last);
  }

  prune(upTo: number): void {
    const kept = this.items.filter(({ start }) => start > upTo);
    if (kept.length === this.items.length) return;
    this.items = kept;
    for (let at = (kept.length >> 1) - 1; at >= 0; at--) this.#sink(at, kept[at] ?? fresh);
  }

  #sink(from: number, run: Run): void {
    let at = from;
    const startOf = (place: number): number => this.items[place]?.start ?? Number.POSITIVE_INFINITY;
    while (at < this.items.length >> 1) {
      let child = 2 * at + 1;
      if (child + 1 < this.items.length && startOf(child) > startOf(child + 1)) child++;
      if (run.start <= startOf(child)) break;
      this.items[at] = this.items[child] ?? fresh;
      at = child;
    }
    this.items[at] = run;
  }
}
