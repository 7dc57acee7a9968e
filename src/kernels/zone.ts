import { floorDivide } from './floor-division';

/**
 * Time zones: local wall-clock time to instants and back, by a table of transitions in memory (`types/zone.ts` lays it).
 *
 * ```
 * offset 0  u32 count      transitions
 *        4  u32 last       the interval that the last call found, tried first
 *        8  i64 at[count]  instants of the transitions, ms, ascending
 *           i64 offset[count + 1]   ms to add to an instant from interval i on; offset[0] holds before at[0]
 * ```
 *
 * The table ends with the year 2500. Its last 400 years have all that a calendar has, and so stand for those after it.
 */
const tableEnd: i64 = 16725225600000;
const calendarCycle: i64 = 12622780800000;

/** What is taken off a time behind the table. */
// @ts-ignore: decorator
@inline
function cyclesBehind(millis: i64): i64 {
  return millis < tableEnd ? 0 : ((millis - tableEnd) / calendarCycle + 1) * calendarCycle;
}

// @ts-ignore: decorator
@inline
function transitionAt(table: usize, index: u32): i64 {
  return load<i64>(table + 8 + (<usize>index << 3));
}

// @ts-ignore: decorator
@inline
function offsetAt(table: usize, count: u32, index: u32): i64 {
  return load<i64>(table + 8 + (<usize>count << 3) + (<usize>index << 3));
}

/** How many transitions lie at or before the instant: the interval it is in. */
function intervalOf(table: usize, utcMs: i64): u32 {
  const count = load<u32>(table);
  const last = load<u32>(table, 4);
  if ((last == 0 || transitionAt(table, last - 1) <= utcMs) && (last == count || utcMs < transitionAt(table, last))) {
    return last;
  }
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (transitionAt(table, middle) <= utcMs) low = middle + 1;
    else high = middle;
  }
  store<u32>(table, low, 4);
  return low;
}

/** The ms to add to an instant for the wall clock. */
export function zoneOffset(table: usize, utcMs: i64): i64 {
  return offsetAt(table, load<u32>(table), intervalOf(table, utcMs - cyclesBehind(utcMs)));
}

/** An instant as milliseconds of the wall clock. */
export function zoneToLocal(table: usize, utcMs: i64): i64 {
  return utcMs + zoneOffset(table, utcMs);
}

/**
 * The instant of a wall-clock time. A time that the clock shows twice is the earlier instant; one that it leaps over
 * moves on by the length of the gap, as java.time has it: both times the offset before the transition holds.
 */
export function zoneToUtc(table: usize, localMs: i64): i64 {
  const behind = cyclesBehind(localMs);
  return behind + withinTable(table, localMs - behind);
}

function withinTable(table: usize, localMs: i64): i64 {
  const count = load<u32>(table);
  // The interval i holds local times up to at[i] + max(offset[i], offset[i + 1]): in a gap or an overlap the earlier one.
  const last = load<u32>(table, 4);
  if (
    (last == 0 || localEnd(table, count, last - 1) <= localMs) &&
    (last == count || localMs < localEnd(table, count, last))
  ) {
    return localMs - offsetAt(table, count, last);
  }
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (localEnd(table, count, middle) <= localMs) low = middle + 1;
    else high = middle;
  }
  store<u32>(table, low, 4);
  return localMs - offsetAt(table, count, low);
}

/** The first local time for which the offset before a transition no longer holds. */
// @ts-ignore: decorator
@inline
function localEnd(table: usize, count: u32, index: u32): i64 {
  const before = offsetAt(table, count, index);
  const after = offsetAt(table, count, index + 1);
  return transitionAt(table, index) + (before > after ? before : after);
}

/** `zoneToLocal` of a count in units of `unitsPerMilli` (1, 1,000). */
export function timestampToLocal(table: usize, value: i64, unitsPerMilli: i64): i64 {
  return value + zoneOffset(table, floorDivide(value, unitsPerMilli)) * unitsPerMilli;
}

/** `zoneToUtc` of a count in units of `unitsPerMilli` (1, 1,000). */
export function timestampToUtc(table: usize, value: i64, unitsPerMilli: i64): i64 {
  const millis = floorDivide(value, unitsPerMilli);
  return zoneToUtc(table, millis) * unitsPerMilli + (value - millis * unitsPerMilli);
}
