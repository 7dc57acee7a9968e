// The heaps of runs and of matches, by the row that they started at. Not among the exports.
import { doneAt, failedTooMany, failureAt, runBytes, runsAt, runsMax } from './pattern-layout';
import { reserve } from './pattern-memory';
import { patternRelease } from './pattern-nodes';
import { put, putCopy } from './page-marks';

// @ts-ignore: decorator
@inline
export function storeRun(at: usize, node: u32, state: u32, start: i64): void {
  put<u32>(at, node);
  put<u32>(at, state, 4);
  put<i64>(at, start, 8);
}

/** Adds a run that holds its node. */
export function push(matcher: usize, list: u32, node: u32, state: u32, start: i64): void {
  if (node != 0) put<u32>(node, load<u32>(node) + 1);
  pushRun(matcher, list, node, state, start);
}

export function pushRun(matcher: usize, listAt: u32, node: u32, state: u32, start: i64): void {
  const list = matcher + listAt;
  const count = load<u32>(list, 4);
  if (count >= runsMax) put<u32>(matcher, failedTooMany, failureAt);
  reserve(list, count + 1, runBytes);
  put<u32>(list, count + 1, 4);
  rise(load<u32>(list), count, node, state, start);
}

/** Puts a run at a place, or above it. */
function rise(runs: usize, from: u32, node: u32, state: u32, start: i64): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = runs + parent * runBytes;
    if (start >= load<i64>(above, 8)) break;
    putCopy(runs + at * runBytes, above, runBytes);
    at = parent;
  }
  storeRun(runs + at * runBytes, node, state, start);
}

/** Takes out the match that started first. */
export function poll(matcher: usize): void {
  const list = matcher + doneAt;
  const count = load<u32>(list, 4) - 1;
  put<u32>(list, count, 4);
  if (count == 0) return;
  const last = <usize>load<u32>(list) + count * runBytes;
  sink(list, 0, load<u32>(last), load<u32>(last, 4), load<i64>(last, 8));
}

/** Puts a run where the one at a place was, or below it. */
function sink(list: usize, from: u32, node: u32, state: u32, start: i64): void {
  const runs = <usize>load<u32>(list);
  const count = load<u32>(list, 4);
  const half = count >> 1;
  let at = from;
  while (at < half) {
    let child = (at << 1) + 1;
    const right = child + 1;
    if (right < count && load<i64>(runs + child * runBytes, 8) > load<i64>(runs + right * runBytes, 8)) child = right;
    const below = runs + child * runBytes;
    if (start <= load<i64>(below, 8)) break;
    putCopy(runs + at * runBytes, below, runBytes);
    at = child;
  }
  storeRun(runs + at * runBytes, node, state, start);
}

/** Ends the runs that started at or before a row; the one without rows stays. */
export function prune(matcher: usize, list: usize, upTo: i64): void {
  const runs = <usize>load<u32>(list);
  const count = load<u32>(list, 4);
  let kept: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    const run = runs + at * runBytes;
    if (load<i64>(run, 8) <= upTo) patternRelease(matcher, load<u32>(run));
    else {
      if (kept != at) putCopy(runs + kept * runBytes, run, runBytes);
      kept++;
    }
  }
  if (kept == count) return;
  put<u32>(list, kept, 4);
  for (let at = <i32>(kept >> 1) - 1; at >= 0; at--) {
    const run = runs + at * runBytes;
    sink(list, at, load<u32>(run), load<u32>(run, 4), load<i64>(run, 8));
  }
}
