import fc from 'fast-check';
import { cellsMax, type Table, type TableBytes, type TableOptions, tableOf } from './tables.ts';

/** Random tables, how a query over them is run, and the bytes that the query is made of. */
export interface World {
  readonly tables: readonly Table[];
  readonly shards: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly query: readonly number[];
}

const byte = fc.nat(255);
/** Long enough that few choices are made by its end, which are the simple ones. */
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(byte, { minLength, maxLength, size: 'max' });
const tableBytes: fc.Arbitrary<TableBytes> = fc.record({
  schema: bytes(10, 10),
  changes: fc.array(bytes(3 + cellsMax, 3 + cellsMax), { maxLength: 14, size: 'max' }),
});

/** One table for each of these kinds of time. */
export function worlds(times: readonly TableOptions['time'][]): fc.Arbitrary<World> {
  const settings = fc.record({
    'tidemark.batch-size': fc.constantFrom('8192', '1', '2', '3', '7'),
    'tidemark.optimizer': fc.constantFrom('on', 'on', 'off'),
    'table.exec.mini-batch.enabled': fc.constantFrom('false', 'false', 'true'),
  });
  return fc
    .noBias(
      fc.record({
        bytes: fc.array(tableBytes, { minLength: times.length, maxLength: times.length }),
        shards: fc.constantFrom(1, 1, 2, 3, 4),
        settings,
        query: bytes(40, 90),
      }),
    )
    .map(({ bytes: made, shards, settings: ways, query }) => ({
      tables: made.map((each, at) =>
        tableOf(String.fromCharCode(97 + at), each, { shards, time: times[at] ?? 'none' }),
      ),
      shards,
      settings: settingsOf(ways),
      query,
      // What fails is shown as SQL.
      [fc.toStringMethod]: () => 'the tables and query below',
    }));
}

function settingsOf(ways: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (ways['table.exec.mini-batch.enabled'] === 'false') return ways;
  return { ...ways, 'table.exec.mini-batch.allow-latency': '1 s', 'table.exec.mini-batch.size': '4' };
}
