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

/** Of cells so many that any two choices that meet in one of them meet in one of these too. */
export function pairsOf(cells: readonly Cell[]): Cell[] {
  const pairs = (cell: Cell): string[] => {
    const choices = Object.entries(cell).map(([name, value]) => `${name} ${value}`);
    return choices.flatMap((a, at) => choices.slice(at + 1).map((b) => `${a}, ${b}`));
  };
  const missing = new Set(cells.flatMap(pairs));
  const adds = (cell: Cell): number => pairs(cell).filter((pair) => missing.has(pair)).length;
  const chosen: Cell[] = [];
  while (missing.size > 0) {
    const best = cells.reduce((most, cell) => (adds(cell) > adds(most) ? cell : most));
    for (const pair of pairs(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
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
