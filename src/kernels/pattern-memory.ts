// What a matcher holds: its lists, and the room of rows, nodes and blocks, which is counted. Not among the exports.
import { alloc, allocRoom, free, realloc } from './allocator';
import { heldBytesAt, heldRowsAt } from './pattern-layout';

/** Room for what runs of matches hold: rows, the nodes that lead to them, and the runs of a partition. */
export function hold(matcher: usize, bytes: u32): usize {
  const address = alloc(bytes);
  store<u32>(matcher, load<u32>(matcher, heldBytesAt) + allocRoom(address), heldBytesAt);
  return address;
}

export function letGo(matcher: usize, address: usize): void {
  store<u32>(matcher, load<u32>(matcher, heldBytesAt) - allocRoom(address), heldBytesAt);
  free(address);
}

export function releaseRow(matcher: usize, row: usize): void {
  const references = load<u32>(row) - 1;
  if (references != 0) {
    store<u32>(row, references);
    return;
  }
  store<u32>(matcher, load<u32>(matcher, heldRowsAt) - 1, heldRowsAt);
  letGo(matcher, row);
}

export function reserve(list: usize, count: u32, width: u32): void {
  const capacity = load<u32>(list, 8);
  if (count <= capacity) return;
  const wider = max(count, max<u32>(8, capacity << 1));
  const old = <usize>load<u32>(list);
  store<u32>(list, <u32>(old == 0 ? alloc(wider * width) : realloc(old, wider * width)));
  store<u32>(list, wider, 8);
}

export function freeList(list: usize): void {
  const address = load<u32>(list);
  if (address != 0) free(address);
}

export function listBytes(list: usize): u32 {
  const address = <usize>load<u32>(list);
  return address == 0 ? 0 : allocRoom(address);
}
