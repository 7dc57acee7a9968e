// Rows that wait for the watermark, and the deadlines of runs.
import { orderedEraseNode, orderedFirst, orderedInsert, orderedValue } from './ordered-map';
import {
  arrivalsAt,
  deadlineAt,
  heldRowsAt,
  inHandAt,
  noStart,
  nodeHeader,
  partitionAt,
  queueAt,
  rowPointerBytes,
  rowSequenceAt,
  runBytes,
  sequenceAt,
  timeAt,
  timeoutsAt,
} from './pattern-layout';
import { hold } from './pattern-memory';
import { ringCountAt, ringEntry, ringHead, ringPop, ringPush } from './pattern-ring';
import { patternClose } from './patterns';
import { put } from './page-marks';

/** Room for a row of so many bytes behind its header. The one that waits holds it. */
export function patternRow(matcher: usize, bytes: u32, partition: u32, time: i64): usize {
  const row = hold(matcher, nodeHeader + bytes);
  put<u32>(matcher, load<u32>(matcher, heldRowsAt) + 1, heldRowsAt);
  put<u32>(row, 1);
  put<u32>(row, partition, partitionAt);
  put<i64>(row, time, timeAt);
  return row;
}

/**
 * Numbers a row that comes, and puts it behind those that wait where it is not before the last of them; gives whether it
 * did. With `isSorted` rows of one time have an order of their own, and none is put there.
 */
export function patternArrive(matcher: usize, row: usize, isSorted: bool): bool {
  const arrival = load<i64>(matcher, arrivalsAt);
  put<i64>(row, arrival, rowSequenceAt);
  put<i64>(matcher, arrival + 1, arrivalsAt);
  const queue = matcher + queueAt;
  const count = load<u32>(queue, ringCountAt);
  if (isSorted) return false;
  if (count != 0) {
    const last = <usize>load<u32>(ringEntry(queue, count - 1, rowPointerBytes));
    if (load<i64>(row, timeAt) < load<i64>(last, timeAt)) return false;
  }
  put<u32>(ringPush(queue, rowPointerBytes), <u32>row);
  return true;
}

/** Lets a row wait in the map. The key begins with its time and ends with its arrival. */
export function patternWait(matcher: usize, key: usize, keyLength: u32, row: usize): void {
  put<u32>(orderedInsert(load<u32>(matcher), key, keyLength), <u32>row);
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
  put<i64>(row, sequence, rowSequenceAt);
  put<i64>(matcher, sequence + 1, sequenceAt);
  put<u32>(matcher, <u32>row, inHandAt);
  return row;
}

/** The partition + 1 of a run that has had its time before the next row is due and by the watermark; 0 for none. */
export function patternTimeout(matcher: usize, watermark: i64): u32 {
  const timeouts = matcher + timeoutsAt;
  if (load<u32>(timeouts, ringCountAt) == 0) return 0;
  const entry = ringHead(timeouts, runBytes);
  const deadline = load<i64>(entry);
  if (deadline > watermark || deadline > nextTime(matcher)) return 0;
  put<i64>(matcher, deadline, deadlineAt);
  ringPop(timeouts);
  return load<u32>(entry, 8) + 1;
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
