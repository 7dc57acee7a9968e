import { crc32 } from 'node:zlib';
import type { Frame } from './segment-format.ts';

/** Of the frames of so many bytes, one has an entry. */
const stepBytes = 64 * 1024;

const magic = Buffer.from('TIDEIDX1');
const headBytes = 40;
const entryBytes = 24;

export interface IndexEntry {
  readonly offset: number;
  readonly firstIndex: number;
  readonly arrivalMs: number;
}

/** Where some of a segment's frames are, by record and by time, and where it ends. Can always be made anew from the segment. */
export class SegmentIndex {
  readonly firstIndex: number;
  readonly #entries: IndexEntry[] = [];
  /** Of the record behind the last. */
  nextIndex: number;
  bytes: number;
  lastArrivalMs = 0;

  constructor(firstIndex: number, headerBytes: number) {
    this.firstIndex = firstIndex;
    this.nextIndex = firstIndex;
    this.bytes = headerBytes;
  }

  get firstArrivalMs(): number {
    return this.#entries[0]?.arrivalMs ?? 0;
  }

  /** Takes the frame that lies behind those before. */
  add({ bytes, firstIndex, arrivalMs, records }: Pick<Frame, 'bytes' | 'firstIndex' | 'arrivalMs' | 'records'>): void {
    const last = this.#entries.at(-1);
    if (last === undefined || this.bytes - last.offset >= stepBytes) {
      this.#entries.push({ offset: this.bytes, firstIndex, arrivalMs });
    }
    this.bytes += bytes;
    this.nextIndex = firstIndex + records;
    this.lastArrivalMs = arrivalMs;
  }

  /** The last entry that is not behind the record; null where the segment has no frames. */
  before(recordIndex: number): IndexEntry | null {
    return this.#last(({ firstIndex }) => firstIndex <= recordIndex);
  }

  /** The last entry before a time, from which on all that came since lies; of all later ones the first. */
  beforeTime(arrivalMs: number): IndexEntry | null {
    return this.#last((entry) => entry.arrivalMs < arrivalMs) ?? this.#entries[0] ?? null;
  }

  write(): Uint8Array {
    const out = Buffer.alloc(headBytes + this.#entries.length * entryBytes + 4);
    magic.copy(out);
    out.writeDoubleLE(this.nextIndex, 8);
    out.writeDoubleLE(this.bytes, 16);
    out.writeDoubleLE(this.lastArrivalMs, 24);
    out.writeUInt32LE(this.#entries.length, 32);
    let at = headBytes;
    for (const { offset, firstIndex, arrivalMs } of this.#entries) {
      out.writeDoubleLE(offset, at);
      out.writeDoubleLE(firstIndex, at + 8);
      out.writeDoubleLE(arrivalMs, at + 16);
      at += entryBytes;
    }
    out.writeUInt32LE(crc32(out.subarray(0, at)), at);
    return out;
  }

  /** Null for bytes that are no whole index. */
  static read(firstIndex: number, stored: Uint8Array): SegmentIndex | null {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
    if (bytes.length < headBytes + 4 || !bytes.subarray(0, 8).equals(magic)) return null;
    const count = bytes.readUInt32LE(32);
    const end = headBytes + count * entryBytes;
    if (bytes.length !== end + 4 || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return null;
    const index = new SegmentIndex(firstIndex, 0);
    index.nextIndex = bytes.readDoubleLE(8);
    index.bytes = bytes.readDoubleLE(16);
    index.lastArrivalMs = bytes.readDoubleLE(24);
    for (let at = headBytes; at < end; at += entryBytes) {
      index.#entries.push({
        offset: bytes.readDoubleLE(at),
        firstIndex: bytes.readDoubleLE(at + 8),
        arrivalMs: bytes.readDoubleLE(at + 16),
      });
    }
    return index;
  }

  /** Entries rise in all three. */
  #last(isBefore: (entry: IndexEntry) => boolean): IndexEntry | null {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && isBefore(entry)) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low - 1] ?? null;
  }
}
