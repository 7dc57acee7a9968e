// What a row does to the matches begun in its partition where they go on together; `pattern-layout.ts` says what is where.
import { blockOf, openBlock } from './pattern-block';
import {
  beforeAt,
  blockHeader,
  completeAt,
  completeEndAt,
  deadlineAt,
  endAt,
  failedNoRow,
  failedOwnStart,
  failureAt,
  firstVariableSkip,
  hasStartedAt,
  inHandAt,
  lastAt,
  movedAt,
  nextAt,
  noStart,
  noTarget,
  pastLastSkip,
  rowAt,
  rowSequenceAt,
  runBytes,
  runsAt,
  sentAt,
  skipAt,
  skipVariableAt,
  startAt,
  stateBytes,
  statesAt,
  takeBytes,
  timeAt,
  variableAt,
  withinAt,
} from './pattern-layout';
import { reserve } from './pattern-memory';
import {
  addStarts,
  newLink,
  newStart,
  releaseFirst,
  releaseLink,
  releaseStart,
  releaseUpTo,
  startOf,
} from './pattern-starts';
import { put, putCopy } from './page-marks';

/** Begins with a partition, whose block stands at `slot`; gives how many groups it has, the last being the next start. */
export function groupsOpen(matcher: usize, slot: usize): u32 {
  const block = openBlock(matcher, slot);
  const count = block == 0 ? 0 : load<u32>(block);
  put<u32>(matcher, block == 0 ? 0 : load<u32>(block, 4), completeAt);
  put<u32>(matcher, block == 0 ? 0 : load<u32>(block, 12), completeEndAt);
  const list = matcher + beforeAt;
  reserve(list, count + 1, runBytes);
  put<u32>(list, count + 1, 4);
  const groups = <usize>load<u32>(list);
  if (count != 0) putCopy(groups, block + blockHeader, count * runBytes);
  storeGroup(groups + count * runBytes, 0, load<u32>(matcher, startAt), 0, 0);
  return count + 1;
}

function storeGroup(at: usize, first: u32, state: u32, last: u32, end: u32): void {
  put<u32>(at, first);
  put<u32>(at, state, 4);
  put<u32>(at, last, lastAt);
  put<u32>(at, end, endAt);
}

/** Moves a group of the partition along the take that holds: to its end, where there is one that completes it. */
export function groupsMove(matcher: usize, index: u32, held: u64): void {
  const group = <usize>load<u32>(matcher, beforeAt) + index * runBytes;
  const begun = load<u32>(group);
  const last = load<u32>(group, lastAt);
  put<u32>(matcher, index + 1, movedAt);
  const take = takeOf(matcher, load<u32>(group, 4), held);
  if (take == 0) {
    endGroup(matcher, begun, last);
    return;
  }
  const row = <usize>load<u32>(matcher, inHandAt);
  const first = begun == 0 ? newStart(matcher, row) : begun;
  const end = begun == 0 ? first : load<u32>(group, endAt);
  const variable = load<u32>(take);
  if (isComplete(take, held)) {
    follow(matcher, first, last, newLink(matcher, row, variable));
    addStarts(matcher + completeAt, matcher + completeEndAt, first, end);
    return;
  }
  if (begun == 0) put<u32>(matcher, 1, hasStartedAt);
  const target = groupIn(matcher, load<u32>(take, 4), variable);
  follow(matcher, first, last, load<u32>(target, lastAt));
  join(matcher, target, first, end);
}

/** The take that a row goes along; 0: it ends the group. */
function takeOf(matcher: usize, state: u32, held: u64): usize {
  const record = <usize>load<u32>(matcher, statesAt) + state * stateBytes;
  let take = <usize>load<u32>(record, 16);
  const end = take + load<u32>(record, 20) * takeBytes;
  let found: usize = 0;
  for (; take < end; take += takeBytes) {
    if ((held & ((<u64>1) << load<u32>(take))) == 0 || (held & load<u64>(take, 8)) != 0) continue;
    if (isComplete(take, held)) return take;
    if (load<u32>(take, 4) != noTarget) found = take;
  }
  return found;
}

// @ts-ignore: decorator
@inline
function isComplete(take: usize, held: u64): bool {
  return load<u32>(take, 24) != 0 && (held & load<u64>(take, 16)) == 0;
}

/** The group that the row at hand has brought to a state; it is made with a link for the row. */
function groupIn(matcher: usize, state: u32, variable: u32): usize {
  const list = matcher + runsAt;
  const count = load<u32>(list, 4);
  let group = <usize>load<u32>(list);
  for (let at: u32 = 0; at < count; at++, group += runBytes) if (load<u32>(group, 4) == state) return group;
  const link = newLink(matcher, load<u32>(matcher, inHandAt), variable);
  // The group's own.
  put<u32>(link, 1);
  return addGroup(matcher, 0, state, link, 0);
}

function addGroup(matcher: usize, first: u32, state: u32, last: u32, end: u32): usize {
  const list = matcher + runsAt;
  const count = load<u32>(list, 4);
  reserve(list, count + 1, runBytes);
  put<u32>(list, count + 1, 4);
  const group = <usize>load<u32>(list) + count * runBytes;
  storeGroup(group, first, state, last, end);
  return group;
}

/** Lets a link follow the last one of a group, or a start. */
function follow(matcher: usize, start: u32, last: u32, link: u32): void {
  put<u32>(link, load<u32>(link) + 1);
  if (last == 0) {
    put<u32>(start, link);
    return;
  }
  put<u32>(last, link, nextAt);
  releaseLink(matcher, last);
}

/** Adds starts to a group. Where the later could never be sent, it goes: the match of the earlier will skip it. */
function join(matcher: usize, group: usize, first: u32, end: u32): void {
  const known = load<u32>(group);
  addStarts(group, group + endAt, first, end);
  if (known == 0 || load<u32>(matcher, skipAt) != pastLastSkip || load<i64>(matcher, withinAt) != 0) return;
  const earlier = load<u32>(group);
  releaseStart(matcher, load<u32>(earlier, nextAt));
  put<u32>(earlier, 0, nextAt);
  put<u32>(group, earlier, endAt);
}

function endGroup(matcher: usize, starts: u32, last: u32): void {
  releaseUpTo(matcher, starts, noStart);
  releaseLink(matcher, last);
}

/** Ends the matches of the partition that have had their time; the others go on as they are. */
export function groupsExpire(matcher: usize, slot: usize): void {
  const count = groupsOpen(matcher, slot) - 1;
  const latest = load<i64>(matcher, deadlineAt) - load<i64>(matcher, withinAt);
  for (let index: u32 = 0; index < count; index++) {
    const group = <usize>load<u32>(matcher, beforeAt) + index * runBytes;
    const last = load<u32>(group, lastAt);
    let first = load<u32>(group);
    while (first != 0 && load<i64>(load<u32>(first, rowAt), timeAt) <= latest) first = releaseFirst(matcher, first);
    if (first == 0) releaseLink(matcher, last);
    else addGroup(matcher, first, load<u32>(group, 4), last, load<u32>(group, endAt));
    put<u32>(matcher, index + 1, movedAt);
  }
}

/** The start of the next match that is due, 0 for none. It is in hand until `groupsSent`. */
export function groupsMatch(matcher: usize): usize {
  const first = load<u32>(matcher, completeAt);
  if (first == 0) return 0;
  const start = startOf(first);
  const list = matcher + runsAt;
  const groups = <usize>load<u32>(list);
  const count = load<u32>(list, 4);
  // One that started before it may still become a match, and then take this one's place.
  for (let at: u32 = 0; at < count; at++) if (startOf(load<u32>(groups + at * runBytes)) < start) return 0;
  put<u32>(matcher, load<u32>(first, nextAt), completeAt);
  put<u32>(matcher, first, sentAt);
  const skip = load<u32>(matcher, skipAt);
  let upTo = start;
  if (skip >= pastLastSkip) {
    const row = skipRow(first, skip, load<u32>(matcher, skipVariableAt));
    if (skip > pastLastSkip && (row == 0 || row == load<u32>(first, rowAt))) {
      put<u32>(matcher, row == 0 ? failedNoRow : failedOwnStart, failureAt);
      return 0;
    }
    upTo = load<i64>(row, rowSequenceAt) - (skip == pastLastSkip ? 0 : 1);
  }
  put<u32>(matcher, releaseUpTo(matcher, load<u32>(matcher, completeAt), upTo), completeAt);
  pruneGroups(matcher, upTo);
  return first;
}

/** The row that is skipped to, or past; 0 where its variable took none. */
function skipRow(start: u32, skip: u32, variable: u32): u32 {
  let row: u32 = 0;
  for (let link = load<u32>(start); link != 0; link = load<u32>(link, nextAt)) {
    if (skip != pastLastSkip && load<u32>(link, variableAt) != variable) continue;
    row = load<u32>(link, rowAt);
    if (skip == firstVariableSkip) return row;
  }
  return row;
}

function pruneGroups(matcher: usize, upTo: i64): void {
  const list = matcher + runsAt;
  const groups = <usize>load<u32>(list);
  const count = load<u32>(list, 4);
  let kept: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    const group = groups + at * runBytes;
    const last = load<u32>(group, lastAt);
    const first = releaseUpTo(matcher, load<u32>(group), upTo);
    if (first == 0) releaseLink(matcher, last);
    else storeGroup(groups + kept++ * runBytes, first, load<u32>(group, 4), last, load<u32>(group, endAt));
  }
  put<u32>(list, kept, 4);
}

/** Lets go of the match in hand. */
export function groupsSent(matcher: usize): void {
  const start = load<u32>(matcher, sentAt);
  if (start != 0) releaseStart(matcher, start);
  put<u32>(matcher, 0, sentAt);
}

/** Takes the partition's groups back to its block; gives whether it has any. */
export function closeGroups(matcher: usize): bool {
  const count = load<u32>(matcher, runsAt + 4);
  const complete = load<u32>(matcher, completeAt);
  put<u32>(matcher, 0, completeAt);
  const block = blockOf(matcher, complete == 0 ? count : max<u32>(count, 1));
  if (block == 0) return false;
  put<u32>(block, count);
  put<u32>(block, complete, 4);
  put<u32>(block, load<u32>(matcher, completeEndAt), 12);
  if (count != 0) putCopy(block + blockHeader, load<u32>(matcher, runsAt), count * runBytes);
  return true;
}

/** Ends all that a block has. */
export function dropGroups(matcher: usize, block: usize): void {
  releaseGroups(matcher, block + blockHeader, load<u32>(block));
  releaseUpTo(matcher, load<u32>(block, 4), noStart);
}

/** What a row that failed has left behind. */
export function dropGroupsInHand(matcher: usize): void {
  groupsSent(matcher);
  const moved = load<u32>(matcher, movedAt);
  releaseGroups(matcher, load<u32>(matcher, beforeAt) + moved * runBytes, load<u32>(matcher, beforeAt + 4) - moved);
  releaseGroups(matcher, load<u32>(matcher, runsAt), load<u32>(matcher, runsAt + 4));
  releaseUpTo(matcher, load<u32>(matcher, completeAt), noStart);
}

function releaseGroups(matcher: usize, groups: usize, count: u32): void {
  for (let at: u32 = 0; at < count; at++) {
    const group = groups + at * runBytes;
    endGroup(matcher, load<u32>(group), load<u32>(group, lastAt));
  }
}
