import { join } from 'node:path';
import type { StreamFiles } from './stream-environment.ts';

export interface WatchCalls {
  /** The stream's folder has changed. */
  readonly onMetadata: () => void;
  /** There may be more to read. */
  readonly onChange: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Watches what another process does with a stream: its metadata, and the segments of its shards. */
export class StreamWatch {
  readonly #files: StreamFiles;
  readonly #folder: string;
  readonly #stops = new Map<string, () => void>();
  readonly #on: WatchCalls;

  constructor(files: StreamFiles, folder: string, on: WatchCalls) {
    this.#files = files;
    this.#folder = folder;
    this.#on = on;
    this.#stops.set(
      '',
      files.watch(folder, () => this.#look()),
    );
    // What happened before the watch began.
    this.#look();
  }

  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  /** Nobody is there to catch what goes wrong here. */
  #look(): void {
    try {
      this.#on.onMetadata();
      this.#watchShards();
      this.#on.onChange();
    } catch (error) {
      this.#on.onFailure(error);
    }
  }

  #watchShards(): void {
    const shards = new Set(this.#files.list(this.#folder).filter((name) => name.startsWith('shardId-')));
    for (const name of shards) {
      if (!this.#stops.has(name)) this.#stops.set(name, this.#files.watch(join(this.#folder, name), this.#on.onChange));
    }
    for (const [name, stop] of this.#stops) {
      if (name === '' || shards.has(name)) continue;
      stop();
      this.#stops.delete(name);
    }
  }
}
