// Where a partition keeps its runs or groups between its rows. Not among the exports.
import { blockAt, blockHeader, hasStartedAt, movedAt, runBytes, slotAt } from './pattern-layout';
import { hold, letGo } from './pattern-memory';
import { put } from './page-marks';

/** Takes a partition in hand; gives its block, 0 where it has none. */
export function openBlock(matcher: usize, slot: usize): usize {
  put<u32>(matcher, <u32>slot, slotAt);
  put<u32>(matcher, 0, movedAt);
  put<u32>(matcher, 0, hasStartedAt);
  const block = <usize>load<u32>(slot);
  put<u32>(matcher, <u32>block, blockAt);
  put<u32>(slot, 0);
  return block;
}

/** The block of the partition in hand, with room for so many; 0 of none, and it goes. */
export function blockOf(matcher: usize, count: u32): usize {
  let block = <usize>load<u32>(matcher, blockAt);
  if (count == 0) {
    if (block != 0) letGo(matcher, block);
    return 0;
  }
  if (block != 0) {
    const capacity = load<u32>(block, 8);
    if (count > capacity || count << 3 < capacity) {
      letGo(matcher, block);
      block = 0;
    }
  }
  if (block == 0) {
    const capacity = count + (count >> 1);
    block = hold(matcher, blockHeader + capacity * runBytes);
    put<u32>(block, capacity, 8);
  }
  put<u32>(load<u32>(matcher, slotAt), <u32>block);
  return block;
}
