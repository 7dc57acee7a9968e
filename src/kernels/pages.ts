import { alloc, free } from './allocator';
import { changed, due, marks, pageBytes, pageShift, taking, unchanged } from './page-marks';

/**
 * Snapshots of the state while it goes on changing: pages of 4 KiB, copied on the first write after the snapshot.
 *
 * ```
 *            write            barrier          copied (by whoever is first: the snapshot, or a write)
 * unchanged ───────► changed ─────────► due ──────────────────────────────────────────────► unchanged, or changed
 * ```
 *
 * The barrier costs a pass over the marks: a byte a page. Then the snapshot takes due pages one by one
 * (`pagesNextDue`, `pagesTaken`), as fast as its file takes them; a write to a page that is still due puts a copy of
 * it aside first, which the snapshot finds by `pagesCopies`. Of a large snapshot another thread takes the pages
 * (state/page-thread.ts): then a page is `taking` while it is copied, and a write to it waits so long.
 *
 * ```
 * copies    u32 next, u32 count, u32 page number a copy, and from +4096 on the copies themselves
 * ```
 */
const copiesMax: u32 = 255;
const copiesBytes: u32 = (copiesMax + 1) << 12;

/** Copies that nobody has taken, the newest first. */
let copies: usize = 0;

/** Where the marks stand: a byte a page. */
export function pageMarks(): usize {
  return marks;
}

/** Whatever has changed in these pages is due; gives how many are. Nothing is due before. */
export function pagesBarrier(first: u32, end: u32): u32 {
  let count: u32 = 0;
  for (let at = marks + first; at < marks + end; at += 8) {
    const words = load<u64>(at);
    if (words == 0) continue;
    count += <u32>popcnt(words);
    // Each byte is 0 or 1: unchanged stays, changed becomes due.
    store<u64>(at, words << 1);
  }
  return count;
}

/** The first page from `first` on that is due; `end` for none. */
export function pagesNextDue(first: u32, end: u32): u32 {
  let page = first;
  while (page < end) {
    if ((page & 7) == 0 && (load<u64>(marks + page) & 0x0202020202020202) == 0) {
      page += 8;
      continue;
    }
    if (load<u8>(marks + page) == due) return page;
    page++;
  }
  return end;
}

/** The due pages from `first` on, one behind the other, at most to `end`: they have been copied. Gives how many. */
export function pagesTaken(first: u32, end: u32): u32 {
  let page = first;
  for (; page < end && load<u8>(marks + page) == due; page++) store<u8>(marks + page, unchanged);
  return page - first;
}

/** Takes what is due as written: of a snapshot that came to nothing. The pages have changed since the one before. */
export function pagesUndo(first: u32, end: u32): void {
  for (let page = first; page < end; page++) {
    if (load<u8>(marks + page) == due) store<u8>(marks + page, changed);
  }
}

/** Marks a page as changed, though nothing was written. */
export function pageMark(page: u32): void {
  store<u8>(marks + page, changed);
}

/** Copies that were put aside, 0 for none; they are the caller's to free. */
export function pagesCopies(): usize {
  const taken = copies;
  if (taken != 0) copies = load<u32>(taken);
  return taken;
}

/** What lies here is about to change. */
export function touchPages(address: usize, bytes: u32): void {
  if (bytes == 0) return;
  const last = (address + bytes - 1) >> pageShift;
  for (let page = address >> pageShift; page <= last; page++) {
    if (load<u8>(marks + page) == changed) continue;
    // Another thread may take the page at this moment (state/page-thread.ts): one of the two has it.
    let mark: u8;
    do mark = atomic.cmpxchg<u8>(marks + page, due, changed);
    while (mark == taking);
    if (mark == due) putAside(<u32>page);
    else store<u8>(marks + page, changed);
  }
}

function putAside(page: u32): void {
  let count: u32 = copies == 0 ? copiesMax : load<u32>(copies, 4);
  if (count == copiesMax) {
    const added = alloc(copiesBytes);
    store<u32>(added, <u32>copies);
    copies = added;
    count = 0;
  }
  store<u32>(copies + 8 + (count << 2), page);
  store<u32>(copies, count + 1, 4);
  copyPage(copies + ((count + 1) << pageShift), <usize>page << pageShift);
}

/** `memory.copy` of a shared memory goes word by word. */
function copyPage(to: usize, from: usize): void {
  for (const end = from + pageBytes; from < end; from += 64, to += 64) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
  }
}

/** Gives back copies that nobody wants. */
export function pagesDropCopies(): void {
  while (copies != 0) free(pagesCopies());
}
