import type { SavedValue } from '../../memory/operator-state.ts';
import type { PutEntry } from '../../streams/put-request.ts';

/** How the records of a sink come into the stream. What it fails with is the stream's. */
export interface RecordTarget {
  /** Takes copies by the time the promise, if there is one, is kept; it asks to wait before the next. */
  put(records: readonly PutEntry[]): void | Promise<void>;
  prepare(): Promise<SavedValue>;
  /** The checkpoint came to nothing: what the token holds belongs to the next. */
  withdraw(token: SavedValue): void;
  /** `token`: null where there was no checkpoint. */
  resume(token: SavedValue): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}
