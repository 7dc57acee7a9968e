import fc from 'fast-check';
import { cellsMax, type Table, type TableBytes, type TableOptions, tableOf, turned } from './tables.ts';

/** Random tables, how a query over them is run, and the bytes that queries are made of. */
export interface World {
  readonly tables: readonly Table[];
  readonly shards: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly queries: readonly (readonly number[])[];
}

/** So many queries share the tables, which cost as much as one to make. */
export const queriesMax = 4;

const byte = fc.nat(255);
/** Long enough that few choices are made by its end, which are the simple ones. */
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(byte, { minLength, maxLength, size: 'max' });
const tableBytes: fc.Arbitrary<TableBytes> = fc.record({
  schema: bytes(10, 10),
  changes: fc.array(bytes(3 + cellsMax, 3 + cellsMax), { maxLength: 14, size: 'max' }),
});

const ways = fc.record({
  shards: fc.constantFrom(1, 1, 2, 3, 4),
  batchSize: fc.constantFrom('8192', '1', '2', '3', '7'),
  optimizer: fc.constantFrom('on', 'on', 'off'),
  hasBundles: fc.constantFrom(false, false, true),
  /** Where tables have no times: rows that were taken back have never been, and the others come in the opposite order. */
  isTurned: fc.boolean(),
});
type Ways = typeof ways extends fc.Arbitrary<infer T> ? T : never;

/** One table for each of these kinds of time. */
export function worlds(times: readonly TableOptions['time'][]): fc.Arbitrary<World> {
  return worldPairs(times).map(([world]) => Object.assign(world, { [fc.toStringMethod]: shown }));
}

/** The same tables and queries, run in two ways. */
export function worldPairs(times: readonly TableOptions['time'][]): fc.Arbitrary<readonly [World, World]> {
  const count = { minLength: times.length, maxLength: times.length };
  const made = fc.record({
    bytes: fc.array(tableBytes, count),
    queries: fc.array(bytes(40, 90), { minLength: queriesMax, maxLength: queriesMax }),
    ways,
    otherWays: ways,
  });
  return fc.noBias(made).map(({ bytes: tables, queries, ways: first, otherWays }) => {
    const world = ({ shards, ...settings }: Ways, isTurned: boolean): World => ({
      tables: tables.map((each, at) => {
        const table = tableOf(String.fromCharCode(97 + at), each, { shards, time: times[at] ?? 'none' });
        return isTurned && table.time === null ? turned(table) : table;
      }),
      shards,
      settings: settingsOf(settings),
      queries,
    });
    const pair = [world(first, false), world(otherWays, otherWays.isTurned)] as const;
    // What fails is shown as SQL.
    return Object.assign(pair, { [fc.toStringMethod]: shown });
  });
}

const shown = (): string => 'the tables and query below';

function settingsOf({ batchSize, optimizer, hasBundles }: Omit<Ways, 'shards'>): World['settings'] {
  return {
    'tidemark.batch-size': batchSize,
    'tidemark.optimizer': optimizer,
    ...(hasBundles
      ? {
          'table.exec.mini-batch.enabled': 'true',
          'table.exec.mini-batch.allow-latency': '1 s',
          'table.exec.mini-batch.size': '4',
        }
      : {}),
  };
}
