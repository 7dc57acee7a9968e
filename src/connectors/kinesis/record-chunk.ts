import type { Memory } from '../../memory/memory.ts';
import { type Frame, frameData, recordStart } from '../../streams/segment-format.ts';
import type { FrameSlice } from '../../streams/shard-cursor.ts';

/** Bytes behind the records that decoders may read and write. */
const slackBytes = 64;

/** Records of one frame as they lie in the memory. */
interface Piece {
  readonly frame: Frame;
  readonly from: number;
  readonly to: number;
  /** Of the first record. */
  readonly address: number;
  /** Behind the last one's line feed. */
  readonly end: number;
}

/** A record of the chunk. */
export interface RecordAt {
  readonly frame: Frame;
  readonly record: number;
  readonly address: number;
  /** Of the line feed behind it. */
  readonly end: number;
}

/** Frames' records, one a line, in the linear memory: as a format that reads lines takes them. Read once, from front to back. */
export class RecordChunk {
  readonly #memory: Memory;
  #buffer = 0;
  #bufferBytes = 0;
  #pieces: Piece[] = [];
  /** The piece that was found last. */
  #at = 0;
  #record = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Where the records lie. */
  get from(): number {
    return this.#buffer;
  }

  get to(): number {
    return this.#pieces.at(-1)?.end ?? this.#buffer;
  }

  get recordCount(): number {
    return this.#pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Takes the records of frames; with `blankLineFeeds`, those within records become blanks. */
  fill(slices: readonly FrameSlice[], blankLineFeeds: boolean): void {
    let bytes = 0;
    for (const { frame, from, to } of slices) bytes += recordStart(frame, to) - recordStart(frame, from);
    this.#reserve(bytes);
    this.#pieces = [];
    this.#at = 0;
    this.#record = 0;
    let address = this.#buffer;
    const { u8 } = this.#memory;
    for (const { frame, from, to } of slices) {
      const data = frameData(frame);
      const start = data + recordStart(frame, from);
      const end = data + recordStart(frame, to);
      u8.set(frame.buffer.subarray(start, end), address);
      const piece = { frame, from, to, address, end: address + end - start };
      this.#pieces.push(piece);
      if (frame.hasOddRecords && blankLineFeeds) this.#blank(piece);
      address = piece.end;
    }
  }

  /** Whether a record is not just a line. */
  get hasOddRecords(): boolean {
    return this.#pieces.some(({ frame }) => frame.hasOddRecords);
  }

  /** The record that holds an address; addresses are asked for in rising order, or from the front again. */
  recordAt(address: number): RecordAt {
    if (address < this.#startOf(this.#at, this.#record)) {
      this.#at = 0;
      this.#record = 0;
    }
    while (this.#at < this.#pieces.length - 1 && address >= (this.#pieces[this.#at]?.end ?? 0)) {
      this.#at++;
      this.#record = 0;
    }
    const piece = this.#pieces[this.#at];
    if (piece === undefined) throw new Error('a row of no record');
    const last = piece.to - piece.from - 1;
    while (this.#record < last && address >= this.#startOf(this.#at, this.#record + 1)) this.#record++;
    return {
      frame: piece.frame,
      record: piece.from + this.#record,
      address: this.#startOf(this.#at, this.#record),
      end: this.#startOf(this.#at, this.#record + 1) - 1,
    };
  }

  /** Puts a line feed behind a record's text, where line ends of its own follow that; gives the place behind the line feed. */
  trim({ address, end }: RecordAt): number {
    const { u8 } = this.#memory;
    let at = end;
    while (at > address && (u8[at - 1] === 10 || u8[at - 1] === 13)) at--;
    u8[at] = 10;
    return at + 1;
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#buffer !== 0) this.#memory.free(this.#buffer);
    this.#buffer = 0;
    this.#bufferBytes = 0;
    this.#pieces = [];
  }

  /** Address of a piece's record, counted from its first. */
  #startOf(at: number, record: number): number {
    const piece = this.#pieces[at];
    if (piece === undefined) return 0;
    return piece.address + recordStart(piece.frame, piece.from + record) - recordStart(piece.frame, piece.from);
  }

  #blank({ frame, from, to, address }: Piece): void {
    const { u8 } = this.#memory;
    const start = recordStart(frame, from);
    for (let record = from; record < to; record++) {
      const end = address + recordStart(frame, record + 1) - 1 - start;
      for (let at = address + recordStart(frame, record) - start; at < end; at++) if (u8[at] === 10) u8[at] = 32;
    }
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bufferBytes) return;
    this.release();
    this.#bufferBytes = bytes;
    this.#buffer = this.#memory.alloc(bytes + slackBytes);
  }
}
