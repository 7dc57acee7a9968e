import { kernelModule } from '../memory/kernel-modules.ts';

/** Exports of src/kernels/page-copy.ts. */
export interface PageSums {
  copyPageSummed(to: number, from: number, sum: number): number;
  sumPages(from: number, count: number, sum: number): number;
}

export function pageSums(memory: WebAssembly.Memory): PageSums {
  return new WebAssembly.Instance(kernelModule('page-copy'), { env: { memory } }).exports as unknown as PageSums;
}
