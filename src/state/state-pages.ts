import type { Memory } from '../memory/memory.ts';
import type { BackgroundPages, PagesInFile } from './background-pages.ts';
import { copiesIn, pageBytes } from './page-blob.ts';

/** The pages of the memory that hold state, as ranges of pages of 64 KiB, and where the state's heap begins. */
export interface StateRegions {
  readonly heap: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/** Of a run: a megabyte is copied at once. */
const runPagesMax = 256;

/** Pages of a snapshot in a page of the memory. */
const pagesInWasmPage = 65_536 / pageBytes;

/** Where the state lies. */
export function stateRegions({ kernels, u32 }: Memory): StateRegions {
  const count = kernels.stateRegionCount();
  const at = kernels.stateRegions() >>> 2;
  const ranges = Array.from({ length: count }, (_, index): [number, number] => [
    u32[at + index * 2] ?? 0,
    u32[at + index * 2 + 1] ?? 0,
  ]);
  return { heap: kernels.stateHeap() >>> 0, ranges };
}

/** The pages of a snapshot cannot go back to their addresses. */
export class StateConflict extends Error {}

/** Makes room in a memory that holds no state yet, at the very addresses; what lies between serves other needs. @throws StateConflict */
export function reserveState(memory: Memory, { heap, ranges }: StateRegions): void {
  if (ranges.length === 0) return;
  const { kernels } = memory;
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  // The general heap takes what is there at first.
  kernels.free(kernels.alloc(1));
  let end = kernels.memoryPages();
  memory.grow((sorted.at(-1)?.[1] ?? end) - end);
  for (const [from, to] of sorted) {
    if (from < end)
      throw new StateConflict(`its state begins at page ${from}, where this release has its own data up to ${end}`);
    if (from > end) kernels.donatePages(end, from);
    end = to;
  }
  kernels.stateAdopt(heap);
}

/** So many ranges of free pages are left out; beyond, free pages are written like others. */
const freeRangesMax = 4096;

/** Pages one behind the other, from `page` on, whose bytes begin at `from`. */
export interface PageRun {
  readonly page: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly from: number;
}

/** The pages that changed, as they were at the barrier, while work goes on. */
export class DuePages {
  readonly #memory: Memory;
  readonly #ranges: StateRegions['ranges'];
  /** Pages that were due at the barrier. */
  readonly count: number;
  /** Pages of which nothing is in use, as ranges: they are not due, and what was written of them earlier is of no use. */
  readonly free: readonly (readonly [number, number])[];
  #range = 0;
  #next: number;

  /**
   * The barrier: from here on what is written does not count. `unmarked`: what is written without a mark being set, and so
   * is always due, and is put aside at once.
   */
  constructor(
    memory: Memory,
    { ranges }: StateRegions,
    unmarked: Iterable<{ readonly address: number; readonly bytes: number }>,
  ) {
    const places = [...unmarked];
    const touch = (): void => {
      for (const { address, bytes } of places) memory.touch(address, bytes);
    };
    touch();
    this.#memory = memory;
    this.#ranges = ranges;
    this.free = skipFree(memory);
    let count = 0;
    for (const [from, to] of ranges) count += memory.kernels.pagesBarrier(...inPages(from, to)) >>> 0;
    touch();
    this.count = count;
    this.#next = (ranges[0]?.[0] ?? 0) * pagesInWasmPage;
  }

  /** Gives copies that were put aside, then due pages, in runs, until `take` wants no more; false: there are none. */
  each(take: (run: PageRun) => boolean): boolean {
    const { kernels } = this.#memory;
    for (let copies = kernels.pagesCopies() >>> 0; copies !== 0; copies = kernels.pagesCopies() >>> 0) {
      const { u8: bytes } = this.#memory;
      for (const { page, from } of copiesIn(bytes, copies)) take({ page, count: 1, bytes, from });
      kernels.free(copies);
    }
    const { u8: bytes } = this.#memory;
    for (let range = this.#ranges[this.#range]; range !== undefined; range = this.#ranges[this.#range]) {
      const [, end] = inPages(range[0], range[1]);
      for (;;) {
        const page = kernels.pagesNextDue(this.#next, end);
        this.#next = page;
        if (page >= end) break;
        const count = kernels.pagesTaken(page, Math.min(end, page + runPagesMax));
        this.#next += count;
        if (!take({ page, count, bytes, from: page * pageBytes })) return true;
      }
      this.#range++;
      this.#next = (this.#ranges[this.#range]?.[0] ?? 0) * pagesInWasmPage;
    }
    return false;
  }

  /** Another thread writes all of them into a new file, unless nobody wants it any more. @throws PagesNotWritten */
  writeBy(thread: BackgroundPages, path: string, unwanted: Int32Array): Promise<PagesInFile> {
    const ranges = this.#ranges.map(([from, to]) => inPages(from, to));
    return thread.write(this.#memory, ranges, path, unwanted);
  }

  /** Gives up: what was due counts as changed, and so do the pages that were taken already (`taken`). */
  undo(taken: Iterable<number>): void {
    const { kernels } = this.#memory;
    kernels.pagesDropCopies();
    for (const [from, to] of this.#ranges) kernels.pagesUndo(...inPages(from, to));
    for (const page of taken) kernels.pageMark(page);
  }
}

function skipFree(memory: Memory): DuePages['free'] {
  const to = memory.alloc(freeRangesMax * 8);
  const count = memory.kernels.stateSkipFree(to, freeRangesMax);
  const { u32 } = memory;
  const ranges = Array.from({ length: count }, (_, index): [number, number] => [
    u32[(to >>> 2) + index * 2] ?? 0,
    u32[(to >>> 2) + index * 2 + 1] ?? 0,
  ]);
  memory.free(to);
  return ranges;
}

function inPages(from: number, to: number): [number, number] {
  return [from * pagesInWasmPage, to * pagesInWasmPage];
}
