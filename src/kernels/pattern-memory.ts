// What a matcher holds: its lists, and the room of rows, nodes and blocks, which is counted. Not among the exports.
import { allocRoom, free, realloc, stateAlloc } from './allocator';
import { heldBytesAt, heldRowsAt, rowAt } from './pattern-layout';
import { put } from './page-marks';
import { touchPages } from './pages';

/** Room for what runs of matches hold: rows, the nodes that lead to them, and the runs of a partition. */
export function hold(matcher: usize, bytes: u32): usize {
  const address = stateAlloc(bytes);
  // Its owner writes the rest.
  touchPages(address, bytes);
  put<u32>(matcher, load<u32>(matcher, heldBytesAt) + allocRoom(address), heldBytesAt);
  return address;
}

export function letGo(matcher: usize, address: usize): void {
  put<u32>(matcher, load<u32>(matcher, heldBytesAt) - allocRoom(address), heldBytesAt);
  free(address);
}

export function releaseRow(matcher: usize, row: usize): void {
  const references = load<u32>(row) - 1;
  if (references != 0) {
    put<u32>(row, references);
    return;
  }
  put<u32>(matcher, load<u32>(matcher, heldRowsAt) - 1, heldRowsAt);
  letGo(matcher, row);
}

/**
 * One reference less to a row that leads to others, by the field at `leadsTo`; without any it goes, and those behind it
 * that nothing else needs. 0 is none.
 */
export function releaseChain(matcher: usize, first: usize, leadsTo: usize): void {
  let place = first;
  while (place != 0) {
    const references = load<u32>(place) - 1;
    if (references != 0) {
      put<u32>(place, references);
      return;
    }
    const next = <usize>load<u32>(place + leadsTo);
    releaseRow(matcher, load<u32>(place, rowAt));
    letGo(matcher, place);
    place = next;
  }
}

export function reserve(list: usize, count: u32, width: u32): void {
  const capacity = load<u32>(list, 8);
  if (count <= capacity) return;
  const wider = max(count, max<u32>(8, capacity << 1));
  const old = <usize>load<u32>(list);
  put<u32>(list, <u32>(old == 0 ? stateAlloc(wider * width) : realloc(old, wider * width)));
  put<u32>(list, wider, 8);
}

export function freeList(list: usize): void {
  const address = load<u32>(list);
  if (address != 0) free(address);
}

export function listBytes(list: usize): u32 {
  const address = <usize>load<u32>(list);
  return address == 0 ? 0 : allocRoom(address);
}
