import { join } from 'node:path';
import { segmentIndexOf, segmentName } from './segment-format.ts';
import { SegmentIndex } from './segment-index.ts';
import { scanSegment } from './segment-reader.ts';
import type { ReadableFile, StreamFiles } from './stream-environment.ts';
import { DamagedSegmentError } from './stream-error.ts';

/** The segments of a shard, as they lie in its folder. */
export class ShardFolder {
  readonly path: string;
  readonly #files: StreamFiles;
  /** Of segments that are not written any more. */
  readonly #indexes = new Map<number, SegmentIndex>();

  constructor(files: StreamFiles, path: string) {
    this.#files = files;
    this.path = path;
  }

  /** Indexes of the segments' first records, rising. */
  segments(): number[] {
    return this.#files.list(this.path).flatMap((name) => segmentIndexOf(name) ?? []);
  }

  pathOf(segment: number): string {
    return join(this.path, segmentName(segment));
  }

  indexPathOf(segment: number): string {
    return this.pathOf(segment).replace(/log$/, 'index');
  }

  open(segment: number): ReadableFile | null {
    return this.#files.openToRead(this.pathOf(segment));
  }

  /**
   * The index of a segment: what is stored of a full one, else what the segment says now.
   * @throws DamagedSegmentError
   */
  index(segment: number, isFull: boolean): SegmentIndex | null {
    const known = this.#indexes.get(segment);
    if (known !== undefined) return known;
    const stored = isFull ? this.#files.readAll(this.indexPathOf(segment)) : null;
    const index = (stored === null ? null : SegmentIndex.read(segment, stored)) ?? this.#scan(segment, isFull);
    if (isFull && index !== null) this.#indexes.set(segment, index);
    return index;
  }

  forget(segment: number): void {
    this.#indexes.delete(segment);
  }

  #scan(segment: number, isFull: boolean): SegmentIndex | null {
    const file = this.open(segment);
    if (file === null) return null;
    try {
      const path = this.pathOf(segment);
      const scanned = scanSegment(file, path);
      if (isFull && scanned === null) throw new DamagedSegmentError(path, 0, 'its header is not whole');
      if (isFull && scanned !== null && scanned.tornBytes > 0) {
        throw new DamagedSegmentError(path, scanned.index.bytes, 'it is cut off, and others follow');
      }
      return scanned?.index ?? null;
    } finally {
      file.close();
    }
  }
}
