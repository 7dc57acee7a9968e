import type { Memory } from '../memory/memory.ts';
import { pageBytes } from './page-blob.ts';

/** The pages of the memory that hold state, as ranges of pages of 64 KiB, and where the state's heap begins. */
export interface StateRegions {
  readonly heap: number;
  readonly ranges: readonly (readonly [number, number])[];
}

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

/** Makes room in a memory that holds no state yet, at the very addresses; what lies between serves other needs. */
export function reserveState(memory: Memory, { heap, ranges }: StateRegions): void {
  if (ranges.length === 0) return;
  const { kernels } = memory;
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  // The general heap takes what is there at first.
  kernels.free(kernels.alloc(1));
  let end = kernels.memoryPages();
  memory.grow((sorted.at(-1)?.[1] ?? end) - end);
  for (const [from, to] of sorted) {
    if (from < end) throw new Error('the state of the snapshot lies where this version has something else');
    if (from > end) kernels.donatePages(end, from);
    end = to;
  }
  kernels.stateAdopt(heap);
}

/** The pages that changed, as they were at the barrier, while work goes on. */
export class DuePages {
  readonly #memory: Memory;
  readonly #ranges: StateRegions['ranges'];
  /** Pages that were due at the barrier. */
  readonly count: number;
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
    let count = 0;
    for (const [from, to] of ranges) count += memory.kernels.pagesBarrier(...inPages(from, to)) >>> 0;
    touch();
    this.count = count;
    this.#next = (ranges[0]?.[0] ?? 0) * pagesInWasmPage;
  }

  /** Gives copies that were put aside, then due pages, until `take` says that it has enough; false: there are no more. */
  each(take: (page: number, bytes: Uint8Array, from: number) => boolean): boolean {
    const { kernels } = this.#memory;
    for (let copies = kernels.pagesCopies() >>> 0; copies !== 0; copies = kernels.pagesCopies() >>> 0) {
      const { u8, u32 } = this.#memory;
      const count = u32[(copies + 4) >>> 2] ?? 0;
      for (let index = 0; index < count; index++) {
        take(u32[(copies + 8 + index * 4) >>> 2] ?? 0, u8, copies + (index + 1) * pageBytes);
      }
      kernels.free(copies);
    }
    const { u8 } = this.#memory;
    for (let range = this.#ranges[this.#range]; range !== undefined; range = this.#ranges[this.#range]) {
      const [, end] = inPages(range[0], range[1]);
      for (;;) {
        const page = kernels.pagesNextDue(this.#next, end);
        this.#next = page;
        if (page >= end) break;
        kernels.pagesTaken(page);
        if (!take(page, u8, page * pageBytes)) return true;
      }
      this.#range++;
      this.#next = (this.#ranges[this.#range]?.[0] ?? 0) * pagesInWasmPage;
    }
    return false;
  }

  /** Gives up: what was due counts as changed, and so do the pages that were taken already (`taken`). */
  undo(taken: Iterable<number>): void {
    const { kernels } = this.#memory;
    kernels.pagesDropCopies();
    for (const [from, to] of this.#ranges) kernels.pagesUndo(...inPages(from, to));
    for (const page of taken) kernels.pageMark(page);
  }
}

function inPages(from: number, to: number): [number, number] {
  return [from * pagesInWasmPage, to * pagesInWasmPage];
}
