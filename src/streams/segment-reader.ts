import {
  type Frame,
  findFrame,
  frameBytesAt,
  frameHeaderBytes,
  readFrame,
  readSegmentHeader,
  type SegmentHeader,
  segmentHeaderBytes,
} from './segment-format.ts';
import { SegmentIndex } from './segment-index.ts';
import type { ReadableFile } from './stream-environment.ts';
import { DamagedSegmentError } from './stream-error.ts';

/** Read at a time, so that the bytes are still in the processor's cache when they are used; a longer frame is read alone. */
const chunkBytes = 256 * 1024;

/** Reads a segment's frames in their order. */
export class SegmentReader {
  readonly file: ReadableFile;
  readonly header: SegmentHeader;
  /** Of the next frame. */
  offset = segmentHeaderBytes;
  #buffer = Buffer.alloc(0);
  /** Where in the file the buffer's first byte is, and how many it has. */
  #bufferOffset = 0;
  #have = 0;

  constructor(file: ReadableFile, header: SegmentHeader) {
    this.file = file;
    this.header = header;
  }

  /**
   * The next whole frames that end at `limit` or before it, about a chunk of them; valid until the next call. None: at
   * `offset` no frame begins, or it is cut off.
   */
  read(limit: number): Frame[] {
    const rest = limit - this.offset;
    if (rest < frameHeaderBytes) return [];
    const kept = this.#frames(rest);
    if (kept.length > 0 || this.#have === 0) return kept;
    // What was kept of the chunk before may have been on its way still.
    this.#have = 0;
    return this.#frames(rest);
  }

  /** Gives the buffer back until there is more to read. */
  rest(): void {
    this.#buffer = Buffer.alloc(0);
    this.#have = 0;
  }

  #frames(rest: number): Frame[] {
    let chunk = this.#fill(Math.min(rest, chunkBytes));
    const first = frameBytesAt(chunk, 0);
    if (first === null || first > rest) return [];
    if (first > chunk.length) chunk = this.#fill(first);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const frame = readFrame(chunk, at, this.header.salt);
      if (frame === null) break;
      frames.push(frame);
      at += frame.bytes;
    }
    this.offset += at;
    return frames;
  }

  /**
   * What it means that no frame begins at `offset`, before `size`. Torn: the write of what should be there never ended.
   * Damaged: a later frame says that it was already on the disk.
   */
  judge(size: number): 'torn' | 'damaged' {
    this.#have = 0;
    const rest = this.#fill(Math.max(0, size - this.offset));
    for (let at = findFrame(rest, 1); at >= 0; at = findFrame(rest, at + 1)) {
      const frame = readFrame(rest, at, this.header.salt);
      if (frame !== null && frame.syncedTo > this.offset) return 'damaged';
    }
    return 'torn';
  }

  /** So many bytes from `offset` on, or what there is of them. What the chunk before has of them is not read again. */
  #fill(bytes: number): Buffer {
    const from = this.offset - this.#bufferOffset;
    const kept = from >= 0 && from < this.#have ? this.#buffer.subarray(from, this.#have) : null;
    if (this.#buffer.length < bytes) {
      const grown = Buffer.allocUnsafeSlow(bytes);
      if (kept !== null) grown.set(kept);
      this.#buffer = grown;
    } else if (kept !== null && from > 0) {
      this.#buffer.copyWithin(0, from, this.#have);
    }
    this.#bufferOffset = this.offset;
    this.#have = kept?.length ?? 0;
    while (this.#have < bytes) {
      const count = this.file.read(this.#buffer.subarray(this.#have, bytes), this.offset + this.#have);
      if (count === 0) break;
      this.#have += count;
    }
    return this.#buffer.subarray(0, Math.min(this.#have, bytes));
  }
}

/** The header of a segment's file; null where it is not whole. */
export function headerOf(file: ReadableFile): SegmentHeader | null {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  const count = file.read(bytes, 0);
  return readSegmentHeader(bytes.subarray(0, count));
}

/** What a segment holds. */
export interface ScannedSegment {
  readonly index: SegmentIndex;
  readonly header: SegmentHeader;
  /** Bytes behind the last whole frame. */
  readonly tornBytes: number;
}

/**
 * Reads a whole segment, checking every byte; null where not even its header is whole.
 * @throws DamagedSegmentError where records are damaged that were on the disk
 */
export function scanSegment(file: ReadableFile, path: string): ScannedSegment | null {
  const header = headerOf(file);
  if (header === null) return null;
  const size = file.size();
  const reader = new SegmentReader(file, header);
  const index = new SegmentIndex(header.firstIndex, segmentHeaderBytes);
  for (let frames = reader.read(size); frames.length > 0; frames = reader.read(size)) {
    for (const frame of frames) {
      if (frame.firstIndex !== index.nextIndex) {
        throw new DamagedSegmentError(path, index.bytes, `record ${index.nextIndex} is missing`);
      }
      index.add(frame);
    }
  }
  const tornBytes = size - reader.offset;
  if (tornBytes > 0 && reader.judge(size) === 'damaged') {
    throw new DamagedSegmentError(path, reader.offset, 'the checksum does not fit');
  }
  return { index, header, tornBytes };
}
