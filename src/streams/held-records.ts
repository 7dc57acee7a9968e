import { FrameBuilder, type FrameRecord } from './frame-builder.ts';
import { type Held, type HeldFolder, heldName, openName } from './held-folder.ts';
import { checkRecords } from './put-request.ts';
import { segmentHeaderBytes, writeSegmentHeader } from './segment-format.ts';
import type { StreamEnvironment, WritableFile } from './stream-environment.ts';
import { storageError } from './stream-error.ts';

/** So much waits in memory for the rest of its frame. */
const frameBytesMax = 256 * 1024;

/** Records of one producer's epoch, on the disk, where nobody reads them. */
export class HeldRecords {
  readonly #environment: StreamEnvironment;
  readonly #folder: HeldFolder;
  readonly #name: string;
  readonly #salt: number;
  #filling = new FrameBuilder();
  /** The one that was written last. */
  #spare: FrameBuilder | null = null;
  #file: WritableFile | null = null;
  #bytes = segmentHeaderBytes;
  #nextIndex = 1;
  #written: Promise<void> = Promise.resolve();

  constructor(environment: StreamEnvironment, folder: HeldFolder, producer: string, epoch: number) {
    this.#environment = environment;
    this.#folder = folder;
    this.#name = heldName(producer, environment.clock.nowMs(), epoch);
    this.#salt = environment.random32();
  }

  /**
   * Takes copies of records. A promise asks to wait before the next: the disk is behind.
   * @throws StreamError for a record that could not be put
   */
  add(records: readonly FrameRecord[]): void | Promise<void> {
    checkRecords(records);
    this.#filling.add(records);
    if (this.#filling.frameBytes >= frameBytesMax) return this.#write();
  }

  /** All is on the disk under the name by which it is committed; null where nothing was added. */
  async complete(): Promise<Held | null> {
    if (this.#filling.records > 0) void this.#write().catch(() => {});
    try {
      await this.#written;
      const file = this.#file;
      if (file === null) return null;
      await file.sync();
      this.#close();
      const { files } = this.#environment;
      await files.rename(this.#folder.pathOf(openName(this.#name)), this.#folder.pathOf(this.#name));
      await files.syncFolder(this.#folder.path);
      return { name: this.#name, bytes: this.#bytes };
    } catch (error) {
      this.#close();
      throw storageError('records were held', error);
    }
  }

  /** They are wanted by nobody. What cannot be removed goes when the stream is opened next. */
  async drop(): Promise<void> {
    await this.#written.catch(() => {});
    this.#close();
    await this.#environment.files.remove(this.#folder.pathOf(openName(this.#name))).catch(() => {});
  }

  /** One frame behind the other; behind one that failed, none. */
  #write(): Promise<void> {
    const frame = this.#filling;
    this.#filling = this.#spare ?? new FrameBuilder();
    this.#spare = null;
    this.#written = this.#written.then(async () => {
      const file = this.#file ?? (await this.#begin());
      const { nowMs } = this.#environment.clock;
      const bytes = frame.finish({ firstIndex: this.#nextIndex, arrivalMs: nowMs(), syncedTo: 0, salt: this.#salt });
      await file.write(bytes, this.#bytes);
      this.#bytes += bytes.length;
      this.#nextIndex += frame.records;
      frame.clear();
      this.#spare = frame;
    });
    return this.#written.catch((error: unknown) => {
      throw storageError('records were held', error);
    });
  }

  async #begin(): Promise<WritableFile> {
    await this.#folder.make();
    const file = this.#environment.files.create(this.#folder.pathOf(openName(this.#name)));
    this.#file = file;
    await file.write(writeSegmentHeader({ firstIndex: 1, salt: this.#salt }), 0);
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
