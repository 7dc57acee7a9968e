import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table, TableOption } from '../../src/catalog/table.ts';
import type { Source } from '../../src/connectors/connector.ts';
import { connectorSource } from '../../src/connectors/index.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Memory } from '../../src/memory/memory.ts';
import type { LogicalScan } from '../../src/plan/logical.ts';
import { defaultStreamsFolder } from '../../src/streams/default-folder.ts';
import { type SharedStreams, sharedStreams } from '../../src/streams/shared-streams.ts';
import { STRING } from '../../src/types/sql-type.ts';

let folder = '';
let shared: SharedStreams;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-kinesis-source-'));
  shared = sharedStreams(folder);
});
afterAll(async () => {
  await shared.release();
  rmSync(folder, { recursive: true, force: true });
});

const span = { source: new SourceText('test', ''), start: 0, end: 0 };

/** A source as a job has it, which the test asks for shards and rows by itself. */
function sourceOf(stream: string): Source {
  const options: Record<string, string> = {
    connector: 'kinesis',
    format: 'raw',
    'stream.arn': `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
    'aws.endpoint': folder,
    'source.init.position': 'TRIM_HORIZON',
  };
  const table: Table = {
    path: { catalog: 'c', database: 'd', name: 't' },
    temporary: false,
    columns: [{ kind: 'physical', name: 's', type: STRING(), comment: null, span }],
    watermark: null,
    primaryKey: null,
    comment: null,
    partitionedBy: [],
    partitions: [],
    distribution: null,
    options: new Map(
      Object.entries(options).map(([key, value]): [string, TableOption] => [
        key,
        { value, keySpan: span, valueSpan: span },
      ]),
    ),
    span,
  };
  const columns = [{ name: 's', type: STRING(), path: ['s'], metadata: false }];
  const scan = { table, columns, filter: null, schema: columns } as unknown as LogicalScan;
  return connectorSource({
    memory: Memory.create(),
    scan,
    timeZone: 'UTC',
    rowsMax: 100,
    clock: { nowMs: () => 0 },
    recordBatches: new Map(),
    streamsFolder: defaultStreamsFolder,
    programTables: new Map(),
  });
}

test('a shard names all of its parents, also the one at whose end it is first seen', async () => {
  const stream = await shared.store.createStream('merged', 2);
  const low = { data: Buffer.from('low'), partitionKey: 'k', explicitHashKey: '0' };
  await stream.putRecords([low, { ...low, explicitHashKey: String(1n << 127n) }]);
  const source = sourceOf('merged');
  await source.open();
  const [first, second] = await source.shards();
  await stream.mergeShards('0', '1');
  expect(await second?.read()).toMatchObject({ kind: 'batch', batch: { rowCount: 1 } });
  expect(await second?.read()).toEqual({ kind: 'end', hasChildren: true });
  const shards = await source.shards();
  expect(shards.map(({ name }) => name)).toEqual(['shardId-000000000000', 'shardId-000000000002']);
  expect(shards[1]?.parents).toEqual([first, second]);
  await source.close();
});
