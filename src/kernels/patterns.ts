import { alloc, allocRoom, free, realloc } from './allocator';
import {
  orderedBytes,
  orderedDrop,
  orderedEraseNode,
  orderedFirst,
  orderedInsert,
  orderedNew,
  orderedNext,
  orderedValue,
} from './ordered-map';

/**
 * The runs of an automaton over the rows of many partitions: a run is a state and the rows that it took. Emitted code
 * tells which conditions hold for a row; what follows from it is here.
 *
 * Rows wait in the order of time until the watermark has passed them: in a queue where they come in that order, else in
 * an ordered map beside it. A row that a run takes becomes a node, which leads
 * back to the one before: runs that part share what they have in common. Rows and nodes are counted, and go with the
 * last run that needs them.
 *
 * The runs of a partition stand in a heap by the row that they started at, in the very order of Apache Flink's (Java's
 * PriorityQueue), because of two matches that start and end alike the one that it happens upon first wins. A run without
 * rows stands for the next start; its order is behind all others. A match that is complete waits until no run that
 * started before it is left.
 *
 * ```
 * matcher   +0 waiting        ordered map of rows that came behind later ones
 *           +4 states         of the automaton
 *           +8 start          its first state
 *          +12 variables      how many
 *          +16 skip           0 to the next row, 1 past the last, 2 to the first row of a variable, 3 to its last
 *          +20 skipVariable
 *          +24 withinMs       i64, 0: any time
 *          +32 sequence       i64, rows taken up so far
 *          +40 deadline       i64, of the run that `patternTimeout` found
 *          +48 candidates     a u32 a variable: the node of the row at hand under that variable, 0 for none
 *          +52 slot           where the partition at hand keeps its block
 *          +56 hasStarted     whether the row at hand began a run
 *          +60 failure        0 none, 1 no row to skip to, 2 a skip to the match's own start, 3 too many runs
 *          +64 before  +76 runs  +88 found  +100 done  +112 path     lists: address, count, capacity
 *         +124 timeouts, +140 queue           rings: address, head, count, capacity; deadlines and rows by time
 *         +156 row, +160 block, +164 moved    what is in hand: the row, the partition's block (which its slot has not
 *                                             then), and how many of `before` have moved
 *         +168 arrivals         i64, rows that ever came
 *         +176 merges           whether a run goes where an earlier one has come to the same state: then that one is
 *                               complete or broken with it, and its match would skip the later
 * run       u32 node, u32 state, i64 start (sequence of its first row; the greatest i64 for the run without rows)
 * block     u32 runs, u32 done, u32 capacity, u32 unused, then the runs and the matches that are complete but wait
 * node      u32 references, u32 previous, u32 row, u32 variable, u32 first row, u32 unused, then the owner's
 * row       u32 references, u32 partition, i64 time, i64 sequence (of its arrival while it waits), then the owner's
 * state     u64 asked, u64 guards, u32 takes, u32 count       variables whose conditions a row is asked for; those that
 *                                                            only stand in the way of another
 * take      u32 variable, u32 target (-1: the end), u64 guards, u64 completeUnless, u32 mayComplete, u32 unused
 * timeout   i64 deadline, u32 partition, u32 unused
 * ```
 */
const statesAt = 4;
const startAt = 8;
const variablesAt = 12;
const skipAt = 16;
const skipVariableAt = 20;
const withinAt = 24;
const sequenceAt = 32;
const deadlineAt = 40;
const candidatesAt = 48;
const slotAt = 52;
const hasStartedAt = 56;
const failureAt = 60;
const beforeAt: u32 = 64;
const runsAt: u32 = 76;
const foundAt: u32 = 88;
const doneAt: u32 = 100;
const pathAt: u32 = 112;
const timeoutsAt: u32 = 124;
const queueAt: u32 = 140;
const inHandAt = 156;
const blockAt = 160;
const movedAt = 164;
const arrivalsAt = 168;
const mergesAt = 176;
const heldBytesAt = 180;
const heldRowsAt = 184;
const matcherBytes: u32 = 192;

const ringHeadAt = 4;
const ringCountAt = 8;
const ringCapacityAt = 12;
const ringBytes: u32 = 16;
const rowPointerBytes: u32 = 4;

const previousAt = 4;
const rowAt = 8;
const variableAt = 12;
const firstAt = 16;
const nodeHeader: u32 = 24;

const partitionAt = 4;
const timeAt = 8;
const rowSequenceAt = 16;

const blockHeader: u32 = 16;
const runBytes: u32 = 16;
const stateBytes: u32 = 24;
const takeBytes: u32 = 32;
const noTarget: u32 = 0xffffffff;
const noStart: i64 = i64.MAX_VALUE;
/** Matches begun in one partition at most: 16 MB of runs. */
const runsMax: u32 = 1 << 20;

const failedNoRow: u32 = 1;
const failedOwnStart: u32 = 2;
const failedTooMany: u32 = 3;

/** A matcher over an automaton in memory, whose fields up to +24 are the caller's to fill in. */
export function patternsNew(states: usize, start: u32, variables: u32): usize {
  const matcher = alloc(matcherBytes);
  memory.fill(matcher, 0, matcherBytes);
  store<u32>(matcher, <u32>orderedNew(8));
  store<u32>(matcher, <u32>states, statesAt);
  store<u32>(matcher, start, startAt);
  store<u32>(matcher, variables, variablesAt);
  const candidates = alloc(variables << 2);
  memory.fill(candidates, 0, variables << 2);
  store<u32>(matcher, <u32>candidates, candidatesAt);
  return matcher;
}

/** Gives back all memory; `slotOffset` is where the rows of the table of partitions keep their block. */
export function patternsDrop(matcher: usize, rows: usize, rowCount: u32, rowBytes: u32, slotOffset: u32): void {
  for (let number: u32 = 0; number < rowCount; number++) {
    const row = rows + number * rowBytes;
    const block = <usize>load<u32>(row + slotOffset);
    if (load<u32>(row) == 0 || block == 0) continue;
    releaseRuns(matcher, block + blockHeader, load<u32>(block) + load<u32>(block, 4));
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
  const moved = load<u32>(matcher, movedAt);
  releaseRuns(matcher, load<u32>(matcher, beforeAt) + moved * runBytes, load<u32>(matcher, beforeAt + 4) - moved);
  releaseList(matcher, matcher + runsAt);
  releaseList(matcher, matcher + foundAt);
  releaseList(matcher, matcher + doneAt);
  releaseCandidates(matcher);
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
    store<u32>(candidates + (variable << 2), 0);
    patternRelease(matcher, node);
  }
}

function freeList(list: usize): void {
  const address = load<u32>(list);
  if (address != 0) free(address);
}

/** Room for what runs of matches hold: rows, the nodes that lead to them, and the runs of a partition. */
function hold(matcher: usize, bytes: u32): usize {
  const address = alloc(bytes);
  store<u32>(matcher, load<u32>(matcher, heldBytesAt) + allocRoom(address), heldBytesAt);
  return address;
}

function letGo(matcher: usize, address: usize): void {
  store<u32>(matcher, load<u32>(matcher, heldBytesAt) - allocRoom(address), heldBytesAt);
  free(address);
}

/** Bytes that are held for rows that wait or are in a match begun, and for these matches. */
export function patternsBytes(matcher: usize): u32 {
  const waiting = orderedBytes(load<u32>(matcher)) + listBytes(matcher + queueAt) + listBytes(matcher + timeoutsAt);
  return matcherBytes + load<u32>(matcher, heldBytesAt) + waiting;
}

function listBytes(list: usize): u32 {
  const address = <usize>load<u32>(list);
  return address == 0 ? 0 : allocRoom(address);
}

/** Gives the room back that is held for rows and deadlines to come, where none waits. */
export function patternsTrim(matcher: usize): void {
  trimRing(matcher + queueAt);
  trimRing(matcher + timeoutsAt);
}

function trimRing(ring: usize): void {
  if (load<u32>(ring, ringCountAt) != 0) return;
  freeList(ring);
  memory.fill(ring, 0, ringBytes);
}

/** The rows that wait or are in a match begun. */
export function patternsRows(matcher: usize): u32 {
  return load<u32>(matcher, heldRowsAt);
}

// Rows ------------------------------------------------------------------------------------------------------------

/** Room for a row of so many bytes behind its header. The one that waits holds it. */
export function patternRow(matcher: usize, bytes: u32, partition: u32, time: i64): usize {
  const row = hold(matcher, nodeHeader + bytes);
  store<u32>(matcher, load<u32>(matcher, heldRowsAt) + 1, heldRowsAt);
  store<u32>(row, 1);
  store<u32>(row, partition, partitionAt);
  store<i64>(row, time, timeAt);
  return row;
}

/**
 * Numbers a row that comes, and puts it behind those that wait where it is not before the last of them; gives whether it
 * did. With `isSorted` rows of one time have an order of their own, and none is put there.
 */
export function patternArrive(matcher: usize, row: usize, isSorted: bool): bool {
  const arrival = load<i64>(matcher, arrivalsAt);
  store<i64>(row, arrival, rowSequenceAt);
  store<i64>(matcher, arrival + 1, arrivalsAt);
  const queue = matcher + queueAt;
  const count = load<u32>(queue, ringCountAt);
  if (isSorted) return false;
  if (count != 0) {
    const last = <usize>load<u32>(ringEntry(queue, count - 1, rowPointerBytes));
    if (load<i64>(row, timeAt) < load<i64>(last, timeAt)) return false;
  }
  store<u32>(ringPush(queue, rowPointerBytes), <u32>row);
  return true;
}

/** Lets a row wait in the map. The key begins with its time and ends with its arrival. */
export function patternWait(matcher: usize, key: usize, keyLength: u32, row: usize): void {
  store<u32>(orderedInsert(load<u32>(matcher), key, keyLength), <u32>row);
}

/** The next row that is due, 0 for none. It is in hand until `patternClose`. */
export function patternNext(matcher: usize, watermark: i64): usize {
  const waiting = <usize>load<u32>(matcher);
  const queue = matcher + queueAt;
  const entry = orderedFirst(waiting);
  let row: usize = 0;
  if (load<u32>(queue, ringCountAt) != 0) row = load<u32>(ringHead(queue, rowPointerBytes));
  if (entry != 0) {
    const other = <usize>load<u32>(orderedValue(entry));
    if (row == 0 || isBefore(other, row)) {
      if (load<i64>(other, timeAt) > watermark) return 0;
      orderedEraseNode(waiting, entry);
      return inHand(matcher, other);
    }
  }
  if (row == 0 || load<i64>(row, timeAt) > watermark) return 0;
  ringPop(queue);
  return inHand(matcher, row);
}

function isBefore(row: usize, other: usize): bool {
  const time = load<i64>(row, timeAt);
  const otherTime = load<i64>(other, timeAt);
  return time != otherTime ? time < otherTime : load<i64>(row, rowSequenceAt) < load<i64>(other, rowSequenceAt);
}

function inHand(matcher: usize, row: usize): usize {
  const sequence = load<i64>(matcher, sequenceAt);
  store<i64>(row, sequence, rowSequenceAt);
  store<i64>(matcher, sequence + 1, sequenceAt);
  store<u32>(matcher, <u32>row, inHandAt);
  return row;
}

/** When something is due next: a row, or a run that has had its time. */
export function patternsDue(matcher: usize): f64 {
  const timeouts = matcher + timeoutsAt;
  const hasTimeout = load<u32>(timeouts, ringCountAt) != 0;
  const deadline = hasTimeout ? load<i64>(ringHead(timeouts, runBytes)) : noStart;
  const due = min(nextTime(matcher), deadline);
  return due == noStart ? f64.POSITIVE_INFINITY : <f64>due;
}

function nextTime(matcher: usize): i64 {
  const entry = orderedFirst(load<u32>(matcher));
  const time = entry == 0 ? noStart : load<i64>(load<u32>(orderedValue(entry)), timeAt);
  const queue = matcher + queueAt;
  if (load<u32>(queue, ringCountAt) == 0) return time;
  return min(time, load<i64>(load<u32>(ringHead(queue, rowPointerBytes)), timeAt));
}

function releaseRow(matcher: usize, row: usize): void {
  const references = load<u32>(row) - 1;
  if (references != 0) {
    store<u32>(row, references);
    return;
  }
  store<u32>(matcher, load<u32>(matcher, heldRowsAt) - 1, heldRowsAt);
  letGo(matcher, row);
}

// Nodes -----------------------------------------------------------------------------------------------------------

/**
 * The row under a variable, behind `previous` (0: the first of a match). What the owner keeps in a node is that of the
 * one before, or zero.
 */
export function patternNode(matcher: usize, bytes: u32, previous: usize, row: usize, variable: u32): usize {
  const node = hold(matcher, nodeHeader + bytes);
  store<u32>(node, 1);
  store<u32>(node, <u32>previous, previousAt);
  store<u32>(node, <u32>row, rowAt);
  store<u32>(node, variable, variableAt);
  store<u32>(row, load<u32>(row) + 1);
  if (previous == 0) {
    store<u32>(node, <u32>row, firstAt);
    memory.fill(node + nodeHeader, 0, bytes);
  } else {
    store<u32>(node, load<u32>(previous, firstAt), firstAt);
    store<u32>(previous, load<u32>(previous) + 1);
    memory.copy(node + nodeHeader, previous + nodeHeader, bytes);
  }
  return node;
}

/** One reference less; without any the node goes, and those before it that nothing else needs. 0 is none. */
export function patternRelease(matcher: usize, first: usize): void {
  let node = first;
  while (node != 0) {
    const references = load<u32>(node) - 1;
    if (references != 0) {
      store<u32>(node, references);
      return;
    }
    const previous = load<u32>(node, previousAt);
    releaseRow(matcher, load<u32>(node, rowAt));
    letGo(matcher, node);
    node = previous;
  }
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
    if (isOf(node, variables)) store<u32>((to -= 4), load<u32>(node, rowAt));
  }
  return count;
}

// A row in its partition ------------------------------------------------------------------------------------------

/** Begins with a partition, whose block stands at `slot`; gives how many runs it has. */
export function patternOpen(matcher: usize, slot: usize): u32 {
  store<u32>(matcher, <u32>slot, slotAt);
  store<u32>(matcher, 0, movedAt);
  store<u32>(matcher, 0, hasStartedAt);
  const block = <usize>load<u32>(slot);
  store<u32>(matcher, <u32>block, blockAt);
  store<u32>(slot, 0);
  const runCount = block == 0 ? 1 : load<u32>(block);
  const doneCount = block == 0 ? 0 : load<u32>(block, 4);
  reserve(matcher + beforeAt, runCount, runBytes);
  reserve(matcher + doneAt, doneCount, runBytes);
  store<u32>(matcher, runCount, beforeAt + 4);
  store<u32>(matcher, doneCount, doneAt + 4);
  const before = <usize>load<u32>(matcher, beforeAt);
  if (block == 0) {
    storeRun(before, 0, load<u32>(matcher, startAt), noStart);
    return 1;
  }
  const runs = block + blockHeader;
  memory.copy(before, runs, runCount * runBytes);
  memory.copy(load<u32>(matcher, doneAt), runs + runCount * runBytes, doneCount * runBytes);
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
      if (load<u32>(matcher, mergesAt) == 0) push(matcher, runsAt, node, target, start);
      else merge(matcher, node, target, start);
      if (isStart) store<u32>(matcher, 1, hasStartedAt);
    }
    if (load<u32>(take, 24) != 0 && (held & load<u64>(take, 16)) == 0) push(matcher, foundAt, node, 0, start);
  }
  if (isStart) push(matcher, runsAt, 0, state, noStart);
  else patternRelease(matcher, load<u32>(run));
  store<u32>(matcher, index + 1, movedAt);
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
    store<u32>(matcher, index + 1, movedAt);
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
  store<u32>(matcher, 0, foundAt + 4);
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
      store<u32>(matcher, row == 0 ? failedNoRow : failedOwnStart, failureAt);
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

/** Takes the partition's runs back to its block; gives whether it has any but the one without rows. */
export function patternClose(matcher: usize, partition: u32, time: i64): bool {
  if (load<u32>(matcher, hasStartedAt) != 0 && load<i64>(matcher, withinAt) != 0) {
    addTimeout(matcher, partition, time + load<i64>(matcher, withinAt));
  }
  const row = load<u32>(matcher, inHandAt);
  if (row != 0) releaseRow(matcher, row);
  store<u32>(matcher, 0, inHandAt);
  const isAlive = closeRuns(matcher);
  store<u32>(matcher, 0, blockAt);
  store<u32>(matcher, 0, movedAt);
  store<u32>(matcher, 0, beforeAt + 4);
  store<u32>(matcher, 0, runsAt + 4);
  store<u32>(matcher, 0, doneAt + 4);
  return isAlive;
}

function closeRuns(matcher: usize): bool {
  const runCount = load<u32>(matcher, runsAt + 4);
  const doneCount = load<u32>(matcher, doneAt + 4);
  let block = <usize>load<u32>(matcher, blockAt);
  const count = runCount + doneCount;
  if (count == 1) {
    if (block != 0) letGo(matcher, block);
    return false;
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
    store<u32>(block, capacity, 8);
  }
  store<u32>(load<u32>(matcher, slotAt), <u32>block);
  store<u32>(block, runCount);
  store<u32>(block, doneCount, 4);
  const runs = block + blockHeader;
  memory.copy(runs, load<u32>(matcher, runsAt), runCount * runBytes);
  memory.copy(runs + runCount * runBytes, load<u32>(matcher, doneAt), doneCount * runBytes);
  return true;
}

// Deadlines -------------------------------------------------------------------------------------------------------

/** The partition + 1 of a run that has had its time before the next row is due and by the watermark; 0 for none. */
export function patternTimeout(matcher: usize, watermark: i64): u32 {
  const timeouts = matcher + timeoutsAt;
  if (load<u32>(timeouts, ringCountAt) == 0) return 0;
  const entry = ringHead(timeouts, runBytes);
  const deadline = load<i64>(entry);
  if (deadline > watermark || deadline > nextTime(matcher)) return 0;
  store<i64>(matcher, deadline, deadlineAt);
  ringPop(timeouts);
  return load<u32>(entry, 8) + 1;
}

function addTimeout(matcher: usize, partition: u32, deadline: i64): void {
  const entry = ringPush(matcher + timeoutsAt, runBytes);
  store<i64>(entry, deadline);
  store<u32>(entry, partition, 8);
}

// Rings -----------------------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function ringHead(ring: usize, width: u32): usize {
  return <usize>load<u32>(ring) + load<u32>(ring, ringHeadAt) * width;
}

/** The entry so many behind the head. */
// @ts-ignore: decorator
@inline
function ringEntry(ring: usize, at: u32, width: u32): usize {
  const place = (load<u32>(ring, ringHeadAt) + at) & (load<u32>(ring, ringCapacityAt) - 1);
  return <usize>load<u32>(ring) + place * width;
}

// @ts-ignore: decorator
@inline
function ringPop(ring: usize): void {
  store<u32>(ring, (load<u32>(ring, ringHeadAt) + 1) & (load<u32>(ring, ringCapacityAt) - 1), ringHeadAt);
  store<u32>(ring, load<u32>(ring, ringCountAt) - 1, ringCountAt);
}

/** Room for an entry behind the last. */
function ringPush(ring: usize, width: u32): usize {
  const count = load<u32>(ring, ringCountAt);
  const capacity = load<u32>(ring, ringCapacityAt);
  if (count == capacity) {
    // What is before the head goes behind what was the end.
    const wider = max<u32>(16, capacity << 1);
    const old = <usize>load<u32>(ring);
    const entries = old == 0 ? alloc(wider * width) : realloc(old, wider * width);
    memory.copy(entries + capacity * width, entries, load<u32>(ring, ringHeadAt) * width);
    store<u32>(ring, <u32>entries);
    store<u32>(ring, wider, ringCapacityAt);
  }
  store<u32>(ring, count + 1, ringCountAt);
  return ringEntry(ring, count, width);
}

// The heaps -------------------------------------------------------------------------------------------------------

function reserve(list: usize, count: u32, width: u32): void {
  const capacity = load<u32>(list, 8);
  if (count <= capacity) return;
  const wider = max(count, max<u32>(8, capacity << 1));
  const old = <usize>load<u32>(list);
  store<u32>(list, <u32>(old == 0 ? alloc(wider * width) : realloc(old, wider * width)));
  store<u32>(list, wider, 8);
}

// @ts-ignore: decorator
@inline
function storeRun(at: usize, node: u32, state: u32, start: i64): void {
  store<u32>(at, node);
  store<u32>(at, state, 4);
  store<i64>(at, start, 8);
}

/** Adds a run that holds its node. */
function push(matcher: usize, list: u32, node: u32, state: u32, start: i64): void {
  if (node != 0) store<u32>(node, load<u32>(node) + 1);
  pushRun(matcher, list, node, state, start);
}

/** Adds a run, or lets it take the place of a later one of its state, or leaves it out for an earlier one. */
function merge(matcher: usize, node: u32, state: u32, start: i64): void {
  const runs = <usize>load<u32>(matcher, runsAt);
  const count = load<u32>(matcher, runsAt + 4);
  for (let at: u32 = 0; at < count; at++) {
    const run = runs + at * runBytes;
    if (load<u32>(run, 4) != state || load<u32>(run) == 0) continue;
    if (start >= load<i64>(run, 8)) return;
    patternRelease(matcher, load<u32>(run));
    store<u32>(node, load<u32>(node) + 1);
    rise(runs, at, node, state, start);
    return;
  }
  push(matcher, runsAt, node, state, start);
}

function pushRun(matcher: usize, listAt: u32, node: u32, state: u32, start: i64): void {
  const list = matcher + listAt;
  const count = load<u32>(list, 4);
  if (count >= runsMax) store<u32>(matcher, failedTooMany, failureAt);
  reserve(list, count + 1, runBytes);
  store<u32>(list, count + 1, 4);
  rise(load<u32>(list), count, node, state, start);
}

/** Puts a run at a place, or above it. */
function rise(runs: usize, from: u32, node: u32, state: u32, start: i64): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = runs + parent * runBytes;
    if (start >= load<i64>(above, 8)) break;
    memory.copy(runs + at * runBytes, above, runBytes);
    at = parent;
  }
  storeRun(runs + at * runBytes, node, state, start);
}

/** Takes out the match that started first. */
function poll(matcher: usize): void {
  const list = matcher + doneAt;
  const count = load<u32>(list, 4) - 1;
  store<u32>(list, count, 4);
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
    memory.copy(runs + at * runBytes, below, runBytes);
    at = child;
  }
  storeRun(runs + at * runBytes, node, state, start);
}

/** Ends the runs that started at or before a row; the one without rows stays. */
function prune(matcher: usize, list: usize, upTo: i64): void {
  const runs = <usize>load<u32>(list);
  const count = load<u32>(list, 4);
  let kept: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    const run = runs + at * runBytes;
    if (load<i64>(run, 8) <= upTo) patternRelease(matcher, load<u32>(run));
    else {
      if (kept != at) memory.copy(runs + kept * runBytes, run, runBytes);
      kept++;
    }
  }
  if (kept == count) return;
  store<u32>(list, kept, 4);
  for (let at = <i32>(kept >> 1) - 1; at >= 0; at--) {
    const run = runs + at * runBytes;
    sink(list, at, load<u32>(run), load<u32>(run, 4), load<i64>(run, 8));
  }
}
