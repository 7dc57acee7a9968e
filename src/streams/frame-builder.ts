import { frameEntryBytes, frameHeaderBytes, putU32, sealFrame } from './segment-format.ts';

/** A record on its way into a frame. */
export interface FrameRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface FrameStart {
  readonly firstIndex: number;
  readonly arrivalMs: number;
  /** Up to this byte the segment is known to be on the disk. */
  readonly syncedTo: number;
  readonly salt: number;
}

/** Longer keys are written by Buffer. */
const shortKeyLength = 40;

/**
 * Gathers the records of several puts, column by column, and makes one frame of them.
 *
 * Records are copied when they are put, and not when they are written: those that wait for a slow disk would live until
 * the collector takes their kind for long-lived, and makes all later ones of it among the old objects, where each keeps
 * its bytes. From then on every collection of the young ones copies megabytes, and stops the process for 10 to 50 ms.
 */
export class FrameBuilder {
  #table: Buffer = Buffer.alloc(0);
  #keys: Buffer = Buffer.alloc(0);
  #data: Buffer = Buffer.alloc(0);
  #frame: Buffer = Buffer.alloc(0);
  #records = 0;
  #keyBytes = 0;
  #dataBytes = 0;
  #hasOddRecords = false;

  get records(): number {
    return this.#records;
  }

  /** Bytes of the frame that it would be now. */
  get frameBytes(): number {
    return frameHeaderBytes + this.#records * frameEntryBytes + this.#keyBytes + this.#dataBytes;
  }

  /** Bytes of memory. */
  get heldBytes(): number {
    return this.#table.length + this.#keys.length + this.#data.length + this.#frame.length;
  }

  /** Takes copies of records. Where one of them cannot be copied, none is taken. */
  add(records: readonly FrameRecord[]): void {
    let keyBytesMax = 0;
    let dataBytes = 0;
    for (const { partitionKey, data } of records) {
      keyBytesMax += 3 * partitionKey.length;
      dataBytes += data.length + 1;
    }
    this.#table = withRoom(this.#table, this.#records * frameEntryBytes, records.length * frameEntryBytes);
    this.#keys = withRoom(this.#keys, this.#keyBytes, keyBytesMax);
    this.#data = withRoom(this.#data, this.#dataBytes, dataBytes);
    const table = this.#table;
    const target = this.#data;
    let entry = this.#records * frameEntryBytes;
    let keyEnd = this.#keyBytes;
    let end = this.#dataBytes;
    let hasOddRecords = this.#hasOddRecords;
    for (const { partitionKey, data } of records) {
      keyEnd = writeKey(this.#keys, keyEnd, partitionKey);
      target.set(data, end);
      const start = end;
      end += data.length;
      target[end] = 10;
      if (end === start || target.indexOf(10, start) !== end || target[end - 1] === 13) hasOddRecords = true;
      putU32(table, entry, end);
      putU32(table, entry + 4, keyEnd);
      entry += frameEntryBytes;
      end++;
    }
    this.#records += records.length;
    this.#keyBytes = keyEnd;
    this.#dataBytes = end;
    this.#hasOddRecords = hasOddRecords;
  }

  /** The frame of all that was added; valid until the next is made. */
  finish({ salt, ...start }: FrameStart): Buffer {
    const tableBytes = this.#records * frameEntryBytes;
    const bytes = this.frameBytes;
    this.#frame = withRoom(this.#frame, 0, bytes);
    const frame = this.#frame.subarray(0, bytes);
    this.#table.copy(frame, frameHeaderBytes, 0, tableBytes);
    this.#keys.copy(frame, frameHeaderBytes + tableBytes, 0, this.#keyBytes);
    this.#data.copy(frame, frameHeaderBytes + tableBytes + this.#keyBytes, 0, this.#dataBytes);
    const header = {
      ...start,
      hasOddRecords: this.#hasOddRecords,
      records: this.#records,
      keyBytes: this.#keyBytes,
      dataBytes: this.#dataBytes,
    };
    sealFrame(frame, header, salt);
    return frame;
  }

  /** Without records, for the next frame. */
  clear(): void {
    this.#records = 0;
    this.#keyBytes = 0;
    this.#dataBytes = 0;
    this.#hasOddRecords = false;
  }
}

/** The buffer, or a greater one with the bytes that are used of it. */
function withRoom(buffer: Buffer, usedBytes: number, moreBytes: number): Buffer {
  const bytes = usedBytes + moreBytes;
  if (bytes <= buffer.length) return buffer;
  const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * buffer.length));
  buffer.copy(grown, 0, 0, usedBytes);
  return grown;
}

/** UTF-8; gives the place behind it. A call out of JavaScript costs more than a short key's letters. */
function writeKey(keys: Buffer, offset: number, key: string): number {
  const { length } = key;
  if (length > shortKeyLength) return offset + keys.write(key, offset, 'utf8');
  for (let index = 0; index < length; index++) {
    const unit = key.charCodeAt(index);
    if (unit > 127) return offset + keys.write(key, offset, 'utf8');
    keys[offset + index] = unit;
  }
  return offset + length;
}

/** As many as are under way at a time: of four shards, one that is written and one that is filled. */
const keptMax = 8;
const keptBytesMax = 1024 * 1024;

/** Builders that are used again: memory that is made anew for each commit costs more than the commit. */
export class FrameBuilders {
  readonly #free: FrameBuilder[] = [];

  take(): FrameBuilder {
    return this.#free.pop() ?? new FrameBuilder();
  }

  /** Gives one back whose frame nobody reads any more. */
  give(builder: FrameBuilder): void {
    builder.clear();
    if (this.#free.length < keptMax && builder.heldBytes <= keptBytesMax) this.#free.push(builder);
  }
}
