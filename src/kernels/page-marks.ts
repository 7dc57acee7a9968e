// Which pages of the memory have changed (see pages.ts), and the writes that say so. Not among the exports.
import { copyBytes } from './bytes';
import { touchPages } from './pages';

/** 4 KiB: as much as a disk writes at once. */
export const pageShift: u32 = 12;
export const pageBytes: u32 = 1 << pageShift;

export const unchanged: u8 = 0;
export const changed: u8 = 1;
export const due: u8 = 2;
/** Another thread is copying it: it takes as long as to copy a page. */
export const taking: u8 = 3;

/** A byte a page of 4 GiB, before the static data. Pages that hold no state are always `changed`. */
export const marks: usize = 1024;

/** What lies here, and ends in the same page, is about to change. */
// @ts-ignore: decorator
@inline
export function touch(address: usize, bytes: u32): void {
  if (load<u8>(marks + (address >> pageShift)) != changed) touchPages(address, bytes);
}

/** As `touchPages`, without a call where the pages have changed already: on the way of each new row. */
// @ts-ignore: decorator
@inline
export function touchRow(row: usize, bytes: u32): void {
  const first = load<u8>(marks + (row >> pageShift));
  const last = load<u8>(marks + ((row + bytes - 1) >> pageShift));
  if (first != changed || last != changed || bytes > pageBytes) touchPages(row, bytes);
}

/** A `store` into state, aligned to the value's width. All of state's writes go through here, or tell of themselves. */
// @ts-ignore: decorator
@inline
export function put<T>(address: usize, value: T, offset: usize = 0): void {
  touch(address + offset, sizeof<T>());
  store<T>(address + offset, value);
}

// @ts-ignore: decorator
@inline
export function putCopy(to: usize, from: usize, bytes: u32): void {
  touchPages(to, bytes);
  memory.copy(to, from, bytes);
}

/** As `copyBytes`: of short texts. */
// @ts-ignore: decorator
@inline
export function putBytes(to: usize, from: usize, bytes: u32): void {
  touchPages(to, bytes);
  copyBytes(to, from, bytes);
}

// @ts-ignore: decorator
@inline
export function putZeros(to: usize, bytes: u32): void {
  touchPages(to, bytes);
  memory.fill(to, 0, bytes);
}
