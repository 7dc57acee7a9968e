import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';

/** What an operator keeps between batches. */
export interface StateSize {
  /** Of the linear memory: rows, indexes and texts, with the room that is held for more. */
  readonly bytes: number;
  /** Keys, groups and rows of the input. */
  readonly rows: number;
}

export const noState: StateSize = { bytes: 0, rows: 0 };

/** A structure of the kernels in which an operator keeps something; maps and queues lead to rows of tables. */
export interface Held {
  readonly kind: 'table' | 'map' | 'queue';
  readonly address: number;
}

export function table(address: number): Held {
  return { kind: 'table', address };
}

export function map(address: number): Held {
  return { kind: 'map', address };
}

export function queue(address: number): Held {
  return { kind: 'queue', address };
}

export function sizeOf({ kernels, u32 }: Memory, held: readonly Held[]): StateSize {
  let [bytes, rows] = [0, 0];
  for (const { kind, address } of held) {
    switch (kind) {
      case 'table':
        bytes += kernels.tableBytes(address) >>> 0;
        rows += u32[(address + tableLayout.live) >>> 2] ?? 0;
        break;
      case 'map':
        bytes += kernels.orderedBytes(address) >>> 0;
        break;
      case 'queue':
        bytes += kernels.queueBytes(address) >>> 0;
        break;
    }
  }
  return { bytes, rows };
}

/** Gives the room for rows back where there are none, in all of them: they are as they were at first. */
export function trim({ kernels, u32 }: Memory, held: readonly Held[]): void {
  const isEmpty = held.every(({ kind, address }) => {
    if (kind === 'table') return u32[(address + tableLayout.live) >>> 2] === 0;
    return (kind === 'map' ? kernels.orderedFirst(address) : kernels.queueCount(address)) === 0;
  });
  if (!isEmpty) return;
  for (const { kind, address } of held) {
    if (kind === 'table') kernels.tableTrim(address);
    else if (kind === 'queue') kernels.queueTrim(address);
  }
}
