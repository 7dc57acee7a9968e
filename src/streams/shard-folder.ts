import { join } from 'node:path';
import { segmentIndexOf, segmentName } from './segment-format.ts';
import { SegmentIndex } from './segment-index.ts';
import { headerOf, SegmentReader, scanSegment } from './segment-reader.ts';
import type { ReadableFile, StreamFiles } from './stream-environment.ts';
import { DamagedSegmentError } from './stream-error.ts';

/** Indexes of full segments that are kept: who reads comes by them in order. */
const indexesMax = 8;

/** The segments of a shard, as they lie in its folder. */
export class ShardFolder {
  readonly path: string;
  readonly #files: StreamFiles;
  /** Of segments that are not written any more, the one that was asked for first in front. */
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
   * When a segment's first record came. Of one that is gone since it was too old: never late enough; of one that has
   * none yet: not before anything.
   */
  firstArrivalMs(segment: number): number {
    const file = this.open(segment);
    if (file === null) return Number.NEGATIVE_INFINITY;
    try {
      const header = headerOf(file);
      const [first] = header === null ? [] : new SegmentReader(file, header).read(file.size());
      return first?.arrivalMs ?? Number.POSITIVE_INFINITY;
    } finally {
      file.close();
    }
  }

  /**
   * The index of a full segment: what is stored of it, else what the segment says.
   * @throws DamagedSegmentError
   */
  index(segment: number): SegmentIndex | null {
    const known = this.#indexes.get(segment);
    if (known !== undefined) return known;
    const stored = this.#files.readAll(this.indexPathOf(segment));
    const index = (stored === null ? null : SegmentIndex.read(segment, stored)) ?? this.#scan(segment, true);
    if (index === null) return null;
    for (const first of this.#indexes.keys()) {
      if (this.#indexes.size < indexesMax) break;
      this.#indexes.delete(first);
    }
    this.#indexes.set(segment, index);
    return index;
  }

  /** Index of the record that comes behind those that the last segment has now. @throws DamagedSegmentError */
  nextIndex(segment: number): number | null {
    return this.#scan(segment, false)?.nextIndex ?? null;
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
