import type { Frame } from './segment-format.ts';
import { segmentHeaderBytes } from './segment-format.ts';
import type { SegmentIndex } from './segment-index.ts';
import { headerOf, SegmentReader } from './segment-reader.ts';
import type { ShardFolder } from './shard-folder.ts';
import { DamagedSegmentError } from './stream-error.ts';

/** What a cursor must know of its shard, asked for anew at each read. */
export interface ShardView {
  readonly folder: ShardFolder;
  /** What is committed of the segment that this process appends to; null where it appends to none. */
  activeIndex(): SegmentIndex | null;
  /** Whether this process writes the shard: what is not committed by it is not there. */
  isWrittenHere(): boolean;
  /** Of a closed shard the index of its last record; null while it is open. */
  lastRecordIndex(): number | null;
  /** What came before this time is not readable. */
  horizonMs(): number;
}

/** Records `[from, to)` of a frame. */
export interface FrameSlice {
  readonly frame: Frame;
  readonly from: number;
  readonly to: number;
}

/** Frames are valid until the next read. */
export type CursorRead =
  | { readonly kind: 'frames'; readonly frames: readonly FrameSlice[] }
  /** Nothing now. */
  | { readonly kind: 'idle' }
  /** The shard is closed, and all of it has been read; or the cursor has come to its end. */
  | { readonly kind: 'end' };

/** Where reading begins and ends. */
export interface CursorStart {
  readonly fromIndex: number;
  /** Of the records from there on, those that came before this time are passed over. */
  readonly sinceMs?: number;
  /** The first record that is not read; left out: none. */
  readonly endIndex?: number;
}

/** Reads one shard in order, from segment to segment. */
export class ShardCursor {
  readonly #view: ShardView;
  /** Of the next record. */
  #nextIndex: number;
  readonly #endIndex: number;
  readonly #sinceMs: number;
  #open: { readonly segment: number; readonly reader: SegmentReader } | null = null;
  /** Where no frame was found at the last look. */
  #suspectOffset = -1;
  /** What came before this record is known to be on the disk. */
  #syncedIndex: number;

  constructor(view: ShardView, { fromIndex, sinceMs, endIndex }: CursorStart) {
    this.#view = view;
    this.#nextIndex = fromIndex;
    this.#syncedIndex = fromIndex;
    this.#sinceMs = sinceMs ?? 0;
    this.#endIndex = endIndex ?? Number.POSITIVE_INFINITY;
  }

  /** Index of the record that comes next. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** @throws DamagedSegmentError where what should be read is not what was written; nothing is ever skipped */
  read(): CursorRead {
    for (;;) {
      if (this.#hasEnded()) {
        this.close();
        return { kind: 'end' };
      }
      const open = this.#open ?? this.#openSegment();
      if (open === null) return { kind: this.#isGone() ? 'end' : 'idle' };
      const { segment, reader } = open;
      const limit = this.#limit(open);
      const frames = reader.read(limit);
      if (frames.length > 0) {
        const slices = this.#slices(segment, frames);
        if (slices.length > 0) return { kind: 'frames', frames: slices };
        continue;
      }
      if (reader.offset < limit && this.#isSuspect(open, limit)) continue;
      if (!this.#goOn(open, limit)) {
        reader.rest();
        return { kind: 'idle' };
      }
    }
  }

  /**
   * What was read is on the disk: who wrote it may have been killed before it was, or be at it. Segments before the one
   * that is read are: none is begun before.
   */
  async sync(): Promise<void> {
    const next = this.#nextIndex;
    const segment = this.#open?.segment;
    if (next === this.#syncedIndex || segment === undefined) return;
    const file = this.#view.folder.open(segment);
    try {
      await file?.sync();
    } finally {
      file?.close();
    }
    this.#syncedIndex = next;
  }

  close(): void {
    this.#open?.reader.file.close();
    this.#open = null;
  }

  #hasEnded(): boolean {
    if (this.#nextIndex >= this.#endIndex) return true;
    const last = this.#view.lastRecordIndex();
    return last !== null && this.#nextIndex > last;
  }

  /** A closed shard of which retention has left nothing. */
  #isGone(): boolean {
    return this.#view.lastRecordIndex() !== null && this.#view.folder.segments().length === 0;
  }

  /** Opens the segment that holds the next record; what retention has taken away is passed over. */
  #openSegment(): { segment: number; reader: SegmentReader } | null {
    const { folder } = this.#view;
    const segments = folder.segments();
    const segment = segments.findLast((first) => first <= this.#nextIndex) ?? segments[0];
    if (segment === undefined) return null;
    const file = folder.open(segment);
    if (file === null) return null;
    const header = headerOf(file);
    if (header === null) {
      file.close();
      if (segment !== segments.at(-1)) {
        throw new DamagedSegmentError(folder.pathOf(segment), 0, 'its header is not whole');
      }
      return null;
    }
    this.#nextIndex = Math.max(this.#nextIndex, segment);
    const reader = new SegmentReader(file, header);
    if (this.#nextIndex > segment) {
      const isFull = segment !== segments.at(-1);
      reader.offset = this.#indexOf(segment, isFull)?.before(this.#nextIndex)?.offset ?? segmentHeaderBytes;
    }
    this.#open = { segment, reader };
    return this.#open;
  }

  /** Null: what another process writes has none, and is read from its beginning. */
  #indexOf(segment: number, isFull: boolean): SegmentIndex | null {
    const active = this.#view.activeIndex();
    if (active?.firstIndex === segment) return active;
    return isFull ? this.#view.folder.index(segment) : null;
  }

  /** Up to where the segment may be read. */
  #limit({ segment, reader }: { segment: number; reader: SegmentReader }): number {
    const active = this.#view.activeIndex();
    return active?.firstIndex === segment ? active.bytes : reader.file.size();
  }

  #slices(segment: number, frames: readonly Frame[]): FrameSlice[] {
    const slices: FrameSlice[] = [];
    const sinceMs = Math.max(this.#sinceMs, this.#view.horizonMs());
    // Behind the end of a closed shard may be what a failed write has left.
    const endIndex = Math.min(this.#endIndex, (this.#view.lastRecordIndex() ?? Number.POSITIVE_INFINITY) + 1);
    for (const frame of frames) {
      const end = frame.firstIndex + frame.records;
      if (end <= this.#nextIndex) continue;
      if (frame.firstIndex > this.#nextIndex) {
        const path = this.#view.folder.pathOf(segment);
        throw new DamagedSegmentError(path, this.#open?.reader.offset ?? 0, `record ${this.#nextIndex} is missing`);
      }
      const from = this.#nextIndex - frame.firstIndex;
      const to = Math.min(frame.records, endIndex - frame.firstIndex);
      this.#nextIndex = Math.min(end, endIndex);
      if (frame.arrivalMs >= sinceMs && to > from) slices.push({ frame, from, to });
      if (end >= endIndex) break;
    }
    return slices;
  }

  /**
   * Bytes that are no frame. True: look again. At the end of what another process writes they are perhaps not whole yet;
   * and it may have gone on while we looked.
   */
  #isSuspect({ segment, reader }: { segment: number; reader: SegmentReader }, limit: number): boolean {
    const { folder } = this.#view;
    if (!this.#view.isWrittenHere()) {
      if (this.#suspectOffset !== reader.offset) {
        this.#suspectOffset = reader.offset;
        return true;
      }
      const isLast = segment === folder.segments().at(-1);
      if (isLast && this.#view.lastRecordIndex() === null && reader.judge(limit) === 'torn') {
        this.#suspectOffset = -1;
        return false;
      }
    }
    throw new DamagedSegmentError(folder.pathOf(segment), reader.offset, 'the checksum does not fit');
  }

  /** Goes on to the next segment where this one is read whole and there is one; false: nothing more now. */
  #goOn(open: { segment: number; reader: SegmentReader }, limit: number): boolean {
    const { segment } = open;
    const { folder } = this.#view;
    if (this.#view.activeIndex()?.firstIndex === segment) return this.#limit(open) > limit;
    const segments = folder.segments();
    const next = segments.find((first) => first > segment);
    if (this.#limit(open) > limit) return true;
    const last = this.#view.lastRecordIndex();
    if (next === undefined) {
      if (last !== null && this.#nextIndex <= last) {
        throw new DamagedSegmentError(
          folder.pathOf(segment),
          this.#open?.reader.offset ?? 0,
          `records ${this.#nextIndex} to ${last} are missing`,
        );
      }
      return false;
    }
    if (next !== this.#nextIndex) {
      // A segment that was taken away between may only be one of too old records.
      if (next > this.#nextIndex && segments[0] === next) {
        this.close();
        this.#nextIndex = next;
        return true;
      }
      throw new DamagedSegmentError(folder.pathOf(next), 0, `records ${this.#nextIndex} to ${next - 1} are missing`);
    }
    this.close();
    return true;
  }
}
