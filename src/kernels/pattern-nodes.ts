// Rows that runs took: each node leads back to the one before.
import { firstAt, nodeHeader, pathAt, previousAt, rowAt, variableAt } from './pattern-layout';
import { hold, releaseChain, reserve } from './pattern-memory';
import { put, putCopy, putZeros } from './page-marks';

/**
 * The row under a variable, behind `previous` (0: the first of a match). What the owner keeps in a node is that of the
 * one before, or zero.
 */
export function patternNode(matcher: usize, bytes: u32, previous: usize, row: usize, variable: u32): usize {
  const node = hold(matcher, nodeHeader + bytes);
  put<u32>(node, 1);
  put<u32>(node, <u32>previous, previousAt);
  put<u32>(node, <u32>row, rowAt);
  put<u32>(node, variable, variableAt);
  put<u32>(row, load<u32>(row) + 1);
  if (previous == 0) {
    put<u32>(node, <u32>row, firstAt);
    putZeros(node + nodeHeader, bytes);
  } else {
    put<u32>(node, load<u32>(previous, firstAt), firstAt);
    put<u32>(previous, load<u32>(previous) + 1);
    putCopy(node + nodeHeader, previous + nodeHeader, bytes);
  }
  return node;
}

/** One reference less; without any the node goes, and those before it that nothing else needs. 0 is none. */
export function patternRelease(matcher: usize, node: usize): void {
  releaseChain(matcher, node, previousAt);
}

// @ts-ignore: decorator
@inline
function isOf(node: usize, variables: u64): bool {
  return ((variables >> load<u32>(node, variableAt)) & 1) != 0;
}

/** The row at a place among those of some variables, counted from the first; 0 where there are not so many. */
export function patternNth(last: usize, variables: u64, place: u32): usize {
  let count: u32 = 0;
  for (let node = last; node != 0; node = load<u32>(node, previousAt)) count += u32(isOf(node, variables));
  if (place >= count) return 0;
  let behind = count - 1 - place;
  let node = last;
  while (!isOf(node, variables) || behind-- != 0) node = load<u32>(node, previousAt);
  return load<u32>(node, rowAt);
}

/** Puts the rows of some variables, in their order, into the path; gives how many. */
export function patternRows(matcher: usize, last: usize, variables: u64): u32 {
  let count: u32 = 0;
  for (let node = last; node != 0; node = load<u32>(node, previousAt)) count += u32(isOf(node, variables));
  reserve(matcher + pathAt, count, 4);
  let to = <usize>load<u32>(matcher, pathAt) + (count << 2);
  for (let node = last; node != 0; node = load<u32>(node, previousAt)) {
    if (isOf(node, variables)) put<u32>((to -= 4), load<u32>(node, rowAt));
  }
  return count;
}
