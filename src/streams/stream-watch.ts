import { join } from 'node:path';
import type { StreamFiles } from './stream-environment.ts';

/** Watches what another process does with a stream: its metadata, and the segments of its shards. */
export class StreamWatch {
  readonly #files: StreamFiles;
  readonly #folder: string;
  readonly #stops = new Map<string, () => void>();
  readonly #on: { readonly onMetadata: () => void; readonly onChange: () => void };

  constructor(files: StreamFiles, folder: string, on: { onMetadata: () => void; onChange: () => void }) {
    this.#files = files;
    this.#folder = folder;
    this.#on = on;
    this.#stops.set(
      '',
      files.watch(folder, () => {
        on.onMetadata();
        this.#watchShards();
        on.onChange();
      }),
    );
    this.#watchShards();
    // What happened before the watch began.
    on.onMetadata();
  }

  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
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
