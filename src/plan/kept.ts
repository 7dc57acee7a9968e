import { unreachable } from '../types/unreachable.ts';
import { durationText } from './duration-text.ts';
import {
  isAppendOnly,
  type JoinMethod,
  type LogicalAggregate,
  type LogicalDeduplicate,
  type LogicalMatch,
  type LogicalNode,
  type LogicalOver,
  type LogicalTopN,
  type LogicalWindowAggregate,
  type LookupMethod,
} from './logical.ts';
import { matchesBegunMax, mayGoOn, patternSharing } from './pattern-sharing.ts';
import { rankInputOf } from './rank-input.ts';
import type { UniqueKeys } from './unique-keys.ts';

/** What a node keeps from row to row, and when it lets it go: `one row a key, for ever`. Null: nothing. */
export function keptText(node: LogicalNode, inputKeys: UniqueKeys): string | null {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'watermark':
    case 'filter':
    case 'project':
    case 'expand':
    case 'unnest':
    case 'repeat':
    case 'union':
      return null;
    case 'window':
      return node.window.kind === 'session' ? `the rows of open sessions, ${untilPast(node.time, 'their end')}` : null;
    case 'window-aggregate':
      return keptByWindows(node);
    case 'aggregate':
      return keptByGroups(node);
    case 'top-n':
      return keptByRanks(node, inputKeys);
    case 'deduplicate':
      return keptByKeys(node);
    case 'over':
      return keptByFrames(node);
    case 'sort':
      return `rows, ${untilPast(node.time, 'their time')}`;
    case 'limit':
      return isAppendOnly(node.input.changes) ? 'a count of rows' : `all rows, ${whileTouched(node.stateTtlMs)}`;
    case 'match':
      return keptByMatches(node);
    case 'join':
      return keptByJoin(node.method);
    default:
      return unreachable(node);
  }
}

/** What is kept before a sink whose key is not the query's. */
export function keptBySinkText(stateTtlMs: number): string {
  return `the rows of each key of the table, ${whileTouched(stateTtlMs)}`;
}

function untilPast(time: 'event' | 'processing', what: string): string {
  return `until the ${time === 'event' ? 'watermark' : 'clock'} passes ${what}`;
}

function whileTouched(ttlMs: number): string {
  return ttlMs === 0 ? 'for ever' : `until not written for ${durationText(ttlMs)}`;
}

function keptByWindows({ window, keys, emit }: LogicalWindowAggregate): string {
  const of = keys.length === 0 ? '' : ' and key';
  if (window.window.kind === 'session') return `one row an open session${of}, ${untilPast(window.time, 'its end')}`;
  const late = emit !== null && emit.latenessMs > 0 ? ` by ${durationText(emit.latenessMs)}` : '';
  const isSliced = emit === null && window.kind === 'assign' && window.window.kind !== 'tumble';
  return isSliced
    ? `one row a slice of open windows${of}, ${untilPast(window.time, "its last window's end")}`
    : `one row an open window${of}, ${untilPast(window.time, "the window's end")}${late}`;
}

function keptByGroups({ keys, stateTtlMs }: LogicalAggregate): string {
  const rows = keys.length === 0 ? 'one row' : 'one row a key';
  return `${rows}, ${stateTtlMs === 0 ? 'for ever' : `until no row comes to it for ${durationText(stateTtlMs)}`}`;
}

function keptByRanks(node: LogicalTopN, inputKeys: UniqueKeys): string {
  const { window, rankEnd, partition, stateTtlMs } = node;
  const first = typeof rankEnd === 'number' ? (rankEnd === 1 ? 'the first row' : `the first ${rankEnd} rows`) : 'rows';
  if (window !== null) return `${first} an open window and key, ${untilPast(window.time, "the window's end")}`;
  const rows = rankInputOf(node, inputKeys).kind === 'changes' ? 'all rows' : first;
  return `${rows}${partition.length === 0 ? '' : ' a key'}, ${whileTouched(stateTtlMs)}`;
}

function keptByKeys({ keep, time, window, stateTtlMs, input }: LogicalDeduplicate): string {
  if (window !== null) return `one row an open window and key, ${untilPast(window.time, "the window's end")}`;
  if (keep === 'current')
    return `one row a key, until it is deleted${stateTtlMs === 0 ? '' : ` or ${whileTouched(stateTtlMs)}`}`;
  if (!isAppendOnly(input.changes)) return `all rows a key, ${whileTouched(stateTtlMs)}`;
  if (keep === 'first' && time === 'event') {
    return `rows, until the watermark passes their time; the keys, ${whileTouched(stateTtlMs)}`;
  }
  return `one row a key, ${whileTouched(stateTtlMs)}`;
}

function keptByFrames({ time, frame, partition, stateTtlMs }: LogicalOver): string {
  const each = partition.length === 0 ? '' : ' a partition';
  if (time === null) return `all rows, ${untilUntouched(each, stateTtlMs)}`;
  const isInterval = frame.unit === 'range' && frame.precedingMs !== null;
  const waiting = time === 'event' ? 'rows, until the watermark passes their time; ' : '';
  if (isInterval) return `${waiting}those of the last ${durationText(frame.precedingMs ?? 0)}`;
  const rows = frame.unit === 'rows' && frame.precedingRows !== null ? rowsText(frame.precedingRows + 1) : 'one row';
  return `${waiting}${rows}${each}, ${untilUntouched(each, stateTtlMs)}`;
}

function rowsText(count: number): string {
  return count === 1 ? 'one row' : `${count} rows`;
}

function untilUntouched(each: string, ttlMs: number): string {
  if (ttlMs === 0) return 'for ever';
  return `until no row comes${each === '' ? '' : ' to the partition'} for ${durationText(ttlMs)}`;
}

function keptByMatches(node: LogicalMatch): string {
  const { withinMs, time, skip, pattern } = node;
  const ends = `until a row ends the match${withinMs === null ? '' : `, or for ${durationText(withinMs)}`}`;
  const isFirstOnly = skip.to === 'past last row' && withinMs === null;
  const isTogether = patternSharing(node).kind === 'together';
  const apart = mayGoOn(pattern) ? `, each by itself, at most ${matchesBegunMax} a partition,` : ',';
  const begun = isTogether ? (isFirstOnly ? ' a state, the first one,' : ', which go on together,') : apart;
  return `rows, ${untilPast(time, 'their time')}; those of matches begun${begun} ${ends}`;
}

function keptByJoin(method: JoinMethod): string {
  switch (method.kind) {
    case 'regular': {
      const { left, right } = method.stateTtlMs;
      if (left === right) return `the rows of both sides, ${whileTouched(left)}`;
      return `the left rows, ${whileTouched(left)}; the right rows, ${whileTouched(right)}`;
    }
    case 'interval': {
      const { lowerMs, upperMs, time } = method;
      const passed = untilPast(time, 'their time');
      const by = (ms: number): string => (ms > 0 ? `${passed} by ${durationText(ms)}` : passed);
      return `the left rows, ${by(-lowerMs)}; the right rows, ${by(upperMs)}`;
    }
    case 'window':
      return 'the rows of open windows, until the watermark passes their end';
    case 'temporal':
      return 'the left rows, until the watermark passes their time; of each key of the right side the version in force and later ones';
    case 'lookup':
      return keptByLookup(method);
    default:
      return unreachable(method);
  }
}

function keptByLookup({ isWhole, cache }: LookupMethod): string {
  if (isWhole) return 'the rows of the right table, for ever';
  if (cache === null) return 'the left rows of a batch, until their keys are answered';
  const { keysMax, afterWriteMs, afterAccessMs } = cache;
  const ends = [
    ...(afterWriteMs === null ? [] : [`for ${durationText(afterWriteMs)}`]),
    ...(afterAccessMs === null ? [] : [`until no row comes to them for ${durationText(afterAccessMs)}`]),
  ];
  const many = keysMax === null ? 'the right rows of all keys' : `the right rows of ${keysMax} keys`;
  return `${many}, ${ends.length === 0 ? 'for ever' : ends.join(' and ')}`;
}
