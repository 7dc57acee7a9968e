// A matcher, and what a row does to the runs of its partition; `pattern-layout.ts` says what is where.
import { free, stateAlloc } from './allocator';
import { orderedBytes, orderedDrop, orderedFirst, orderedNew, orderedNext, orderedValue } from './ordered-map';
import {
  beforeAt,
  blockAt,
  blockHeader,
  candidatesAt,
  deadlineAt,
  doneAt,
  failedNoRow,
  failedOwnStart,
  failureAt,
  firstAt,
  foundAt,
  groupsAt,
  hasStartedAt,
  heldBytesAt,
  heldRowsAt,
  inHandAt,
  matcherBytes,
  movedAt,
  noStart,
  noTarget,
  pathAt,
  previousAt,
  queueAt,
  rowAt,
  rowPointerBytes,
  rowSequenceAt,
  runBytes,
  runsAt,
  skipAt,
  skipVariableAt,
  startAt,
  stateBytes,
  statesAt,
  takeBytes,
  timeAt,
  timeoutsAt,
  variableAt,
  variablesAt,
  withinAt,
} from './pattern-layout';
import { blockOf, openBlock } from './pattern-block';
import { closeGroups, dropGroups, dropGroupsInHand } from './pattern-groups';
import { freeList, letGo, listBytes, releaseRow, reserve } from './pattern-memory';
import { patternRelease } from './pattern-nodes';
import { ringCountAt, ringHead, ringPop, ringPush, trimRing } from './pattern-ring';
import { poll, prune, push, pushRun, storeRun } from './pattern-runs';
import { put, putCopy, putZeros } from './page-marks';

/** A matcher over an automaton in memory, whose fields up to +24 are the caller's to fill in. */
export function patternsNew(states: usize, start: u32, variables: u32): usize {
  const matcher = stateAlloc(matcherBytes);
  putZeros(matcher, matcherBytes);
  put<u32>(matcher, <u32>orderedNew(8));
  put<u32>(matcher, <u32>states, statesAt);
  put<u32>(matcher, start, startAt);
  put<u32>(matcher, variables, variablesAt);
  const candidates = stateAlloc(variables << 2);
  putZeros(candidates, variables << 2);
  put<u32>(matcher, <u32>candidates, candidatesAt);
  return matcher;
}

/** Gives back all memory; `slotOffset` is where the rows of the table of partitions keep their block. */
export function patternsDrop(matcher: usize, rows: usize, rowCount: u32, rowBytes: u32, slotOffset: u32): void {
  const isGrouped = load<u32>(matcher, groupsAt) != 0;
  for (let number: u32 = 0; number < rowCount; number++) {
    const row = rows + number * rowBytes;
    const block = <usize>load<u32>(row + slotOffset);
    if (load<u32>(row) == 0 || block == 0) continue;
    if (isGrouped) dropGroups(matcher, block);
    else releaseRuns(matcher, block + blockHeader, load<u32>(block) + load<u32>(block, 4));
    letGo(matcher, block);
  }
  dropInHand(matcher);
  const waiting = <usize>load<u32>(matcher);
  for (let entry = orderedFirst(waiting); entry != 0; entry = orderedNext(entry)) {
    releaseRow(matcher, load<u32>(orderedValue(entry)));
  }
  orderedDrop(waiting);
  const queue = matcher + queueAt;
  for (let count = load<u32>(queue, ringCountAt); count > 0; count--) {
    releaseRow(matcher, load<u32>(ringHead(queue, rowPointerBytes)));
    ringPop(queue);
  }
  freeList(queue);
  freeList(matcher + beforeAt);
  freeList(matcher + runsAt);
  freeList(matcher + foundAt);
  freeList(matcher + doneAt);
  freeList(matcher + pathAt);
  freeList(matcher + timeoutsAt);
  free(load<u32>(matcher, candidatesAt));
  free(matcher);
}

/** What a row that failed has left behind. */
function dropInHand(matcher: usize): void {
  const row = load<u32>(matcher, inHandAt);
  if (row != 0) releaseRow(matcher, row);
  const block = load<u32>(matcher, blockAt);
  if (block != 0) letGo(matcher, block);
  releaseCandidates(matcher);
  if (load<u32>(matcher, groupsAt) != 0) {
    dropGroupsInHand(matcher);
    return;
  }
  const moved = load<u32>(matcher, movedAt);
  releaseRuns(matcher, load<u32>(matcher, beforeAt) + moved * runBytes, load<u32>(matcher, beforeAt + 4) - moved);
  releaseList(matcher, matcher + runsAt);
  releaseList(matcher, matcher + foundAt);
  releaseList(matcher, matcher + doneAt);
}

function releaseList(matcher: usize, list: usize): void {
  releaseRuns(matcher, load<u32>(list), load<u32>(list, 4));
}

function releaseRuns(matcher: usize, runs: usize, count: u32): void {
  for (let at: u32 = 0; at < count; at++) patternRelease(matcher, load<u32>(runs + at * runBytes));
}

function releaseCandidates(matcher: usize): void {
  const candidates = <usize>load<u32>(matcher, candidatesAt);
  const count = load<u32>(matcher, variablesAt);
  for (let variable: u32 = 0; variable < count; variable++) {
    const node = <usize>load<u32>(candidates + (variable << 2));
    if (node == 0) continue;
    put<u32>(candidates + (variable << 2), 0);
    patternRelease(matcher, node);
  }
}

/** Bytes that are held for rows that wait or are in a match begun, and for these matches. */
export function patternsBytes(matcher: usize): u32 {
  const waiting = orderedBytes(load<u32>(matcher)) + listBytes(matcher + queueAt) + listBytes(matcher + timeoutsAt);
  return matcherBytes + load<u32>(matcher, heldBytesAt) + waiting;
}

/** Gives the room back that is held for rows and deadlines to come, where none waits. */
export function patternsTrim(matcher: usize): void {
  trimRing(matcher + queueAt);
  trimRing(matcher + timeoutsAt);
}

/** The rows that wait or are in a match begun. */
export function patternsRows(matcher: usize): u32 {
  return load<u32>(matcher, heldRowsAt);
}

/** Begins with a partition, whose block stands at `slot`; gives how many runs it has. */
export function patternOpen(matcher: usize, slot: usize): u32 {
  const block = openBlock(matcher, slot);
  const runCount = block == 0 ? 1 : load<u32>(block);
  const doneCount = block == 0 ? 0 : load<u32>(block, 4);
  reserve(matcher + beforeAt, runCount, runBytes);
  reserve(matcher + doneAt, doneCount, runBytes);
  put<u32>(matcher, runCount, beforeAt + 4);
  put<u32>(matcher, doneCount, doneAt + 4);
  const before = <usize>load<u32>(matcher, beforeAt);
  if (block == 0) {
    storeRun(before, 0, load<u32>(matcher, startAt), noStart);
    return 1;
  }
  const runs = block + blockHeader;
  putCopy(before, runs, runCount * runBytes);
  putCopy(load<u32>(matcher, doneAt), runs + runCount * runBytes, doneCount * runBytes);
  return runCount;
}

/** The variables whose takes in this state hold, of those that the row could go to (`held`). */
export function patternTakes(matcher: usize, state: u32, held: u64): u64 {
  const record = <usize>load<u32>(matcher, statesAt) + state * stateBytes;
  let take = <usize>load<u32>(record, 16);
  const end = take + load<u32>(record, 20) * takeBytes;
  let taken: u64 = 0;
  for (; take < end; take += takeBytes) {
    const bit = <u64>1 << load<u32>(take);
    if ((held & bit) != 0 && (held & load<u64>(take, 8)) == 0) taken |= bit;
  }
  return taken;
}

/** Moves a run of the partition along its takes. The candidates of all that are taken are there; they are released. */
export function patternMove(matcher: usize, index: u32, held: u64): void {
  const run = <usize>load<u32>(matcher, beforeAt) + index * runBytes;
  const state = load<u32>(run, 4);
  const isStart = load<i64>(run, 8) == noStart;
  const record = <usize>load<u32>(matcher, statesAt) + state * stateBytes;
  const candidates = <usize>load<u32>(matcher, candidatesAt);
  let take = <usize>load<u32>(record, 16);
  const end = take + load<u32>(record, 20) * takeBytes;
  for (; take < end; take += takeBytes) {
    const variable = load<u32>(take);
    if ((held & ((<u64>1) << variable)) == 0 || (held & load<u64>(take, 8)) != 0) continue;
    const node = load<u32>(candidates + (variable << 2));
    const start = isStart ? load<i64>(load<u32>(node, rowAt), rowSequenceAt) : load<i64>(run, 8);
    const target = load<u32>(take, 4);
    if (target != noTarget) {
      push(matcher, runsAt, node, target, start);
      if (isStart) put<u32>(matcher, 1, hasStartedAt);
    }
    if (load<u32>(take, 24) != 0 && (held & load<u64>(take, 16)) == 0) push(matcher, foundAt, node, 0, start);
  }
  if (isStart) push(matcher, runsAt, 0, state, noStart);
  else patternRelease(matcher, load<u32>(run));
  put<u32>(matcher, index + 1, movedAt);
  releaseCandidates(matcher);
}

/** Ends the runs of the partition that have had their time; the others go on as they are. */
export function patternExpire(matcher: usize, slot: usize): void {
  const count = patternOpen(matcher, slot);
  const latest = load<i64>(matcher, deadlineAt) - load<i64>(matcher, withinAt);
  for (let index: u32 = 0; index < count; index++) {
    const run = <usize>load<u32>(matcher, beforeAt) + index * runBytes;
    const node = <usize>load<u32>(run);
    if (node != 0 && load<i64>(load<u32>(node, firstAt), timeAt) <= latest) patternRelease(matcher, node);
    else {
      pushRun(matcher, runsAt, <u32>node, load<u32>(run, 4), load<i64>(run, 8));
    }
    put<u32>(matcher, index + 1, movedAt);
  }
}

/** The last node of the next match that is due, 0 for none. It is the caller's to release. */
export function patternMatch(matcher: usize): usize {
  const found = <usize>load<u32>(matcher, foundAt);
  const foundCount = load<u32>(matcher, foundAt + 4);
  for (let at: u32 = 0; at < foundCount; at++) {
    const run = found + at * runBytes;
    pushRun(matcher, doneAt, load<u32>(run), load<u32>(run, 4), load<i64>(run, 8));
  }
  put<u32>(matcher, 0, foundAt + 4);
  if (load<u32>(matcher, doneAt + 4) == 0) return 0;
  const done = <usize>load<u32>(matcher, doneAt);
  const start = load<i64>(done, 8);
  // An earlier run may still become a match, and then take this one's place.
  if (start > load<i64>(load<u32>(matcher, runsAt), 8)) return 0;
  const node = <usize>load<u32>(done);
  poll(matcher);
  const skip = load<u32>(matcher, skipAt);
  let upTo = start;
  if (skip == 1) upTo = load<i64>(load<u32>(node, rowAt), rowSequenceAt);
  else if (skip >= 2) {
    const row = skipRow(matcher, node);
    const own = load<u32>(node, firstAt);
    if (row == 0 || row == own) {
      put<u32>(matcher, row == 0 ? failedNoRow : failedOwnStart, failureAt);
      patternRelease(matcher, node);
      return 0;
    }
    upTo = load<i64>(row, rowSequenceAt) - 1;
  }
  prune(matcher, matcher + runsAt, upTo);
  prune(matcher, matcher + doneAt, upTo);
  return node;
}

/** The row that the next match may start at, by the variable that is skipped to; 0 where it took none. */
function skipRow(matcher: usize, last: usize): u32 {
  const variable = load<u32>(matcher, skipVariableAt);
  const isFirst = load<u32>(matcher, skipAt) == 2;
  let row: u32 = 0;
  for (let node = last; node != 0; node = load<u32>(node, previousAt)) {
    if (load<u32>(node, variableAt) != variable) continue;
    row = load<u32>(node, rowAt);
    if (!isFirst) return row;
  }
  return row;
}

/** Takes the partition's runs or groups back to its block; gives whether it has any but the one without rows. */
export function patternClose(matcher: usize, partition: u32, time: i64): bool {
  if (load<u32>(matcher, hasStartedAt) != 0 && load<i64>(matcher, withinAt) != 0) {
    addTimeout(matcher, partition, time + load<i64>(matcher, withinAt));
  }
  const row = load<u32>(matcher, inHandAt);
  if (row != 0) releaseRow(matcher, row);
  put<u32>(matcher, 0, inHandAt);
  const isAlive = load<u32>(matcher, groupsAt) != 0 ? closeGroups(matcher) : closeRuns(matcher);
  put<u32>(matcher, 0, blockAt);
  put<u32>(matcher, 0, movedAt);
  put<u32>(matcher, 0, beforeAt + 4);
  put<u32>(matcher, 0, runsAt + 4);
  put<u32>(matcher, 0, doneAt + 4);
  return isAlive;
}

function closeRuns(matcher: usize): bool {
  const runCount = load<u32>(matcher, runsAt + 4);
  const doneCount = load<u32>(matcher, doneAt + 4);
  const count = runCount + doneCount;
  const block = blockOf(matcher, count == 1 ? 0 : count);
  if (block == 0) return false;
  put<u32>(block, runCount);
  put<u32>(block, doneCount, 4);
  const runs = block + blockHeader;
  putCopy(runs, load<u32>(matcher, runsAt), runCount * runBytes);
  putCopy(runs + runCount * runBytes, load<u32>(matcher, doneAt), doneCount * runBytes);
  return true;
}

function addTimeout(matcher: usize, partition: u32, deadline: i64): void {
  const entry = ringPush(matcher + timeoutsAt, runBytes);
  put<i64>(entry, deadline);
  put<u32>(entry, partition, 8);
}
