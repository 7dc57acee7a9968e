import { crc32 } from 'node:zlib';

/*
 * A segment is a file: a header, then frames one behind the other. A frame holds the records of one commit.
 *
 * ```
 * header   TIDESEG1 | first record index u64 | salt u32 | 0 u64 | crc32 u32                            32 bytes
 * frame    TFR1 | crc32 | bytes | flags | first record index u64 | arrival ms u64
 *               | synced to | records | key bytes | data bytes                                         48 bytes
 *          per record: end of its data u32, end of its key u32, counted from where those begin
 *          the keys | the data, a line feed behind each record
 * ```
 *
 * The data of a frame's records lie together, parted by line feeds: a format that reads lines reads them where they are.
 * The checksum begins with the segment's salt, so that a segment that is put into a stream as data is none of its own.
 */

export const segmentHeaderBytes = 32;
export const frameHeaderBytes = 48;

/** Of a record in a frame's table. */
export const frameEntryBytes = 8;

/** A record of the frame is not just a line: it is empty, has a line feed within, or ends in a carriage return. */
const frameHasOddRecords = 1;

const segmentMagic = Buffer.from('TIDESEG1');
const frameMagic = Buffer.from('TFR1');

/** Offsets in a frame's header. */
const at = {
  crc: 4,
  bytes: 8,
  flags: 12,
  firstIndex: 16,
  arrivalMs: 24,
  syncedTo: 32,
  records: 36,
  keyBytes: 40,
  dataBytes: 44,
} as const;

export interface SegmentHeader {
  /** Of the first record; the file's name too. */
  readonly firstIndex: number;
  readonly salt: number;
}

/** `00000000000000000001.log`: sorts as the records do. */
export function segmentName(firstIndex: number): string {
  return `${String(firstIndex).padStart(20, '0')}.log`;
}

/** The first record's index, by the file's name; null for another file. */
export function segmentIndexOf(name: string): number | null {
  return /^\d{20}\.log$/.test(name) ? Number(name.slice(0, 20)) : null;
}

export function writeSegmentHeader({ firstIndex, salt }: SegmentHeader): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  segmentMagic.copy(header);
  putU64(header, 8, firstIndex);
  putU32(header, 16, salt);
  putU32(header, 28, crc32(header.subarray(0, 28)));
  return header;
}

/** Null where there is no whole header. */
export function readSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(segmentMagic)) return null;
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) return null;
  return { firstIndex: getU64(bytes, 8), salt: bytes.readUInt32LE(16) };
}

/** What a frame says of itself before its records. */
export interface FrameHeader {
  readonly hasOddRecords: boolean;
  readonly firstIndex: number;
  readonly arrivalMs: number;
  /** Up to this byte the segment was known to be on the disk when the frame was written. */
  readonly syncedTo: number;
  readonly records: number;
  readonly keyBytes: number;
  readonly dataBytes: number;
}

/** Writes the header before the rest of a frame, which is there already, and the checksum over all of it. */
export function sealFrame(frame: Buffer, header: FrameHeader, salt: number): void {
  frameMagic.copy(frame);
  putU32(frame, at.bytes, frame.length);
  putU32(frame, at.flags, header.hasOddRecords ? frameHasOddRecords : 0);
  putU64(frame, at.firstIndex, header.firstIndex);
  putU64(frame, at.arrivalMs, header.arrivalMs);
  putU32(frame, at.syncedTo, header.syncedTo);
  putU32(frame, at.records, header.records);
  putU32(frame, at.keyBytes, header.keyBytes);
  putU32(frame, at.dataBytes, header.dataBytes);
  putU32(frame, at.crc, crc32(frame.subarray(at.bytes), salt));
}

/** One frame where it was read, or a part of its records. Valid as long as the buffer is left alone. */
export interface Frame {
  readonly buffer: Buffer;
  /** Of the frame in the buffer. */
  readonly offset: number;
  readonly bytes: number;
  readonly hasOddRecords: boolean;
  readonly firstIndex: number;
  readonly arrivalMs: number;
  readonly syncedTo: number;
  readonly records: number;
}

/** Bytes of the frame whose header begins here, by that header; null where none can. */
export function frameBytesAt(buffer: Buffer, offset: number): number | null {
  if (buffer.length - offset < frameHeaderBytes || buffer.compare(frameMagic, 0, 4, offset, offset + 4) !== 0)
    return null;
  const bytes = buffer.readUInt32LE(offset + at.bytes);
  return bytes < frameHeaderBytes ? null : bytes;
}

/** The frame that lies whole in the buffer; null where its checksum does not fit. */
export function readFrame(buffer: Buffer, offset: number, salt: number): Frame | null {
  const bytes = frameBytesAt(buffer, offset);
  if (bytes === null || offset + bytes > buffer.length) return null;
  const crc = buffer.readUInt32LE(offset + at.crc);
  if (crc32(buffer.subarray(offset + at.bytes, offset + bytes), salt) !== crc) return null;
  return {
    buffer,
    offset,
    bytes,
    hasOddRecords: (buffer.readUInt32LE(offset + at.flags) & frameHasOddRecords) !== 0,
    firstIndex: getU64(buffer, offset + at.firstIndex),
    arrivalMs: getU64(buffer, offset + at.arrivalMs),
    syncedTo: buffer.readUInt32LE(offset + at.syncedTo),
    records: buffer.readUInt32LE(offset + at.records),
  };
}

/** Where the next frame may begin; -1: nowhere. */
export function findFrame(buffer: Buffer, from: number): number {
  return buffer.indexOf(frameMagic, from);
}

/** Where the data of a frame's records begin in its buffer. */
export function frameData({ buffer, offset, records }: Frame): number {
  return offset + frameHeaderBytes + records * frameEntryBytes + buffer.readUInt32LE(offset + at.keyBytes);
}

/** Start of a record's data, counted from `frameData`; of the record behind the last: the end. */
export function recordStart({ buffer, offset }: Frame, record: number): number {
  return record === 0 ? 0 : buffer.readUInt32LE(offset + frameHeaderBytes + (record - 1) * frameEntryBytes) + 1;
}

export function recordData(frame: Frame, record: number): Buffer {
  const data = frameData(frame);
  return frame.buffer.subarray(data + recordStart(frame, record), data + recordStart(frame, record + 1) - 1);
}

export function recordKey({ buffer, offset, records }: Frame, record: number): string {
  const table = offset + frameHeaderBytes;
  const keys = table + records * frameEntryBytes;
  const from = record === 0 ? 0 : buffer.readUInt32LE(table + (record - 1) * frameEntryBytes + 4);
  return buffer.toString('utf8', keys + from, keys + buffer.readUInt32LE(table + record * frameEntryBytes + 4));
}

/** As `writeUInt32LE`, for places that are known to be there. */
export function putU32(buffer: Buffer, offset: number, value: number): void {
  buffer[offset] = value;
  buffer[offset + 1] = value >>> 8;
  buffer[offset + 2] = value >>> 16;
  buffer[offset + 3] = value >>> 24;
}

function putU64(buffer: Buffer, offset: number, value: number): void {
  putU32(buffer, offset, value % 2 ** 32);
  putU32(buffer, offset + 4, Math.floor(value / 2 ** 32));
}

function getU64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset) + buffer.readUInt32LE(offset + 4) * 2 ** 32;
}
