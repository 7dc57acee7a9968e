import { Channel } from './channel.ts';
import type { StatementEvent } from './statement-event.ts';

/** Rows that wait for the reader before the job does: a screen's worth of batches. */
const waitingRowsMax = 20_000;

/** Brings what a job sends to who iterates over a statement's events. */
export type EventChannel = Channel<StatementEvent>;

export function eventChannel(): EventChannel {
  return new Channel(waitingRowsMax, (event) => (event.kind === 'rows' ? event.rows.length : 0));
}
