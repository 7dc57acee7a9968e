import type { RowPlace, SourceRecord } from '../connectors/connector.ts';
import type { Batch } from '../memory/batch.ts';
import type { SavedValue } from '../memory/operator-state.ts';

/**
 * What flows between operators: rows and control in one stream, so that their order is right by construction. One
 * `next` a batch, never one a row.
 */
export type Element =
  | BatchElement
  /** No later row has an event time <= `watermarkMs`; +Infinity at the end of bounded input. */
  | { readonly kind: 'watermark'; readonly watermarkMs: number }
  /** The stream has nothing for now and does not hold event time back (true), or has rows again (false). */
  | { readonly kind: 'idle'; readonly isIdle: boolean }
  /** Processing time has come to `nowMs`: operators with a timer that is due fire it. */
  | { readonly kind: 'clock'; readonly nowMs: number }
  /** A checkpoint holds what came before, and nothing of what comes after. */
  | { readonly kind: 'barrier'; readonly barrier: Barrier }
  /** The rows of all keys that an operator asked for have come. */
  | { readonly kind: 'answered' }
  /** Nothing follows. */
  | { readonly kind: 'end' };

/** A checkpoint in the making, as its barrier passes the graph. */
export interface Barrier {
  /** An operator has sent all that comes before; `running` is where its inputs stand. Its state is to be saved at once. */
  passed(operator: string, running: SavedValue): void;
}

export interface BatchElement {
  readonly kind: 'batch';
  /** Borrowed: valid during the `next` that carries it. */
  readonly batch: Batch;
  /** Where a row comes from; null for rows that an operator made. */
  readonly origin: Origin | null;
}

/** Where the rows of a batch fresh from a source come from. */
export interface Origin {
  /** The source, by its id in the plan. */
  readonly source: string;
  place(rowIndex: number): RowPlace;
  /** The row as the source has it; null where that has no bytes. */
  record(rowIndex: number): SourceRecord | null;
  /** The batch as it came from the source, and the row's number in it. */
  readonly batch: Batch;
  row(rowIndex: number): number;
}
