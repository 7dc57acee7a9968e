// Matches begun that go on together: their starts, and the links of the rows that they took. Not among the exports.
import { hold, letGo, releaseChain } from './pattern-memory';
import { linkBytes, nextAt, rowAt, rowSequenceAt, startBytes, variableAt } from './pattern-layout';
import { put } from './page-marks';

/** A match begun at a row. Its first link is still to come. */
export function newStart(matcher: usize, row: usize): u32 {
  const start = hold(matcher, startBytes);
  put<u32>(start, 0);
  put<u32>(start, 0, nextAt);
  put<u32>(start, <u32>row, rowAt);
  return <u32>start;
}

/** A row under a variable, the last of the matches to which it belongs. The caller is to count what leads to it. */
export function newLink(matcher: usize, row: usize, variable: u32): u32 {
  const link = hold(matcher, linkBytes);
  put<u32>(link, 0);
  put<u32>(link, 0, nextAt);
  put<u32>(link, <u32>row, rowAt);
  put<u32>(link, variable, variableAt);
  put<u32>(row, load<u32>(row) + 1);
  return <u32>link;
}

export function releaseLink(matcher: usize, link: u32): void {
  releaseChain(matcher, link, nextAt);
}

export function releaseStart(matcher: usize, start: u32): void {
  const link = load<u32>(start);
  letGo(matcher, start);
  releaseLink(matcher, link);
}

/** The number of the row that a match began at. */
// @ts-ignore: decorator
@inline
export function startOf(start: u32): i64 {
  return load<i64>(load<u32>(start, rowAt), rowSequenceAt);
}

/**
 * Adds starts to a list, which is in their order: a list is its first start (0: none) and its last one. Nearly always all
 * of one come behind all of the other, for what began later is behind in the pattern; else both are walked.
 */
export function addStarts(firstPlace: usize, endPlace: usize, first: u32, end: u32): void {
  const known = load<u32>(firstPlace);
  if (known == 0) {
    put<u32>(firstPlace, first);
    put<u32>(endPlace, end);
    return;
  }
  const knownEnd = load<u32>(endPlace);
  if (startOf(knownEnd) < startOf(first)) {
    put<u32>(knownEnd, first, nextAt);
    put<u32>(endPlace, end);
  } else if (startOf(end) < startOf(known)) {
    put<u32>(end, known, nextAt);
    put<u32>(firstPlace, first);
  } else {
    put<u32>(endPlace, startOf(end) < startOf(knownEnd) ? knownEnd : end);
    put<u32>(firstPlace, interleaved(known, first));
  }
}

function interleaved(some: u32, others: u32): u32 {
  const isFirst = startOf(some) < startOf(others);
  const first = isFirst ? some : others;
  let at = first;
  let rest = isFirst ? others : some;
  while (rest != 0) {
    const next = load<u32>(at, nextAt);
    if (next != 0 && startOf(next) < startOf(rest)) {
      at = next;
      continue;
    }
    put<u32>(at, rest, nextAt);
    at = rest;
    rest = next;
  }
  return first;
}

/** Ends the matches of a list that began at or before a row; gives the others. */
export function releaseUpTo(matcher: usize, first: u32, upTo: i64): u32 {
  let start = first;
  while (start != 0 && startOf(start) <= upTo) start = releaseFirst(matcher, start);
  return start;
}

/** Ends the first match of a list; gives the others. */
export function releaseFirst(matcher: usize, first: u32): u32 {
  const next = load<u32>(first, nextAt);
  releaseStart(matcher, first);
  return next;
}
