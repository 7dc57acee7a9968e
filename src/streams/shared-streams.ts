import { resolve } from 'node:path';
import { machine } from './machine.ts';
import type { StreamEnvironment } from './stream-environment.ts';
import { StreamStore } from './stream-store.ts';

/** By machine, then by folder. They stay: a store without users has nothing open. */
const opened = new WeakMap<StreamEnvironment, Map<string, { readonly store: StreamStore; users: number }>>();

/** A store that several parts of a process share, and with it the right to write. */
export interface SharedStreams {
  readonly store: StreamStore;
  /** The last to call it closes what is open. */
  release(): Promise<void>;
}

/** The streams of a folder: the same for all of this process, so that a job reads what another part of it writes. */
export function sharedStreams(folder: string, environment: StreamEnvironment = machine): SharedStreams {
  const path = resolve(folder);
  const folders = opened.get(environment) ?? new Map();
  opened.set(environment, folders);
  const entry = folders.get(path) ?? { store: new StreamStore(path, {}, environment), users: 0 };
  folders.set(path, entry);
  entry.users++;
  let isReleased = false;
  return {
    store: entry.store,
    async release() {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      if (entry.users === 0) await entry.store.close();
    },
  };
}
