import type { Pins } from './transcript.ts';

/** One way to run a transcript. All ways must agree. */
export interface Cell {
  /** Rows in a batch; 0 for the engine's own. */
  readonly batchSize: number;
  /** Files that the rows of a table are spread over. */
  readonly shards: number;
  readonly optimizer: boolean;
  readonly zone: string;
}

/** The cells that a transcript's pins leave. */
export function cellsOf(pins: Pins): Cell[] {
  const batchSizes = pins.batchSize === null ? [1, 7, 0] : [pins.batchSize];
  const shardCounts = pins.shards === null ? [1, 3] : [pins.shards];
  const zones = pins.zone === null ? ['UTC', 'America/New_York'] : [pins.zone];
  return batchSizes.flatMap((batchSize) =>
    shardCounts.flatMap((shards) =>
      zones.flatMap((zone) => [true, false].map((optimizer) => ({ batchSize, shards, optimizer, zone }))),
    ),
  );
}

export function settingsOf({ batchSize, optimizer, zone }: Cell): Record<string, string> {
  return {
    'table.local-time-zone': zone,
    ...(batchSize === 0 ? {} : { 'tidemark.batch-size': `${batchSize}` }),
    ...(optimizer ? {} : { 'tidemark.optimizer': 'off' }),
  };
}

/** `batch size 7, 3 shards, optimizer off, UTC` */
export function nameOf({ batchSize, shards, optimizer, zone }: Cell): string {
  const size = batchSize === 0 ? 'default batch size' : `batch size ${batchSize}`;
  return `${size}, ${shards} ${shards === 1 ? 'shard' : 'shards'}, optimizer ${optimizer ? 'on' : 'off'}, ${zone}`;
}
