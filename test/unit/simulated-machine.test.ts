import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Sink } from '../../src/connectors/connector.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { sharedStreams } from '../../src/streams/shared-streams.ts';
import { Random } from '../support/streams/random.ts';
import { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const folder = '/simulated/streams';

const script = `
CREATE TABLE events (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:x:1:stream/events', 'format' = 'json',
  'source.init.position' = 'TRIM_HORIZON', 'source.end.position' = 'LATEST');
CREATE TABLE written (n BIGINT) WITH ('connector' = 'program', 'table' = 'written');
INSERT INTO written
SELECT COUNT(*) FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' SECOND) GROUP BY window_start, window_end;
`;

test('streams, what is kept of tables and the sink are those that the engine is given', async () => {
  const random = new Random(1);
  const files = new SimulatedDisk(random);
  const time = { nowMs: 1_700_000_000_000 };
  const simulated = new SimulatedMachine({ files, random, time, pid: 1, alive: new Set([1]) });
  const { store, release } = sharedStreams(folder, simulated);
  const stream = await store.createStream('events', 1);
  const seconds = ['01', '02', '02', '05', '01', '06'];
  await stream.putRecords(
    seconds.map((second, id) => ({
      data: Buffer.from(JSON.stringify({ id, ts: `2024-01-01 00:00:${second}` })),
      partitionKey: '1',
    })),
  );
  let rows = 0;
  const sink: Sink = {
    accepts: 'append',
    open: async () => {},
    write: ({ rowCount }) => {
      rows += rowCount;
    },
    finish: async () => {},
    abort: async () => {},
  };
  const engine = new Engine({
    streamsFolder: folder,
    keptRowsFolder: folder,
    streamEnvironment: simulated,
    programSinks: new Map([['written', () => sink]]),
  });
  const refused: string[] = [];
  for await (const event of engine.run(new SourceText('job.sql', script))) {
    if (event.kind === 'refused') refused.push(...event.diagnostics.map(({ code, message }) => `${code} ${message}`));
  }
  expect(rows).toBe(4);
  expect(refused).toEqual([]);
  // The late row is kept beside the streams.
  expect(files.paths().some((path) => path.includes('.kept/') && path.includes('late'))).toBe(true);
  expect(existsSync('/simulated')).toBe(false);
  await release();
});

test('a table that the program does not take the rows of is refused', async () => {
  const engine = new Engine();
  const text = `CREATE TABLE t (n INT) WITH ('connector' = 'program', 'table' = 'mine'); INSERT INTO t VALUES (1);`;
  const refused: string[] = [];
  for await (const event of engine.run(new SourceText('job.sql', text))) {
    if (event.kind === 'refused') refused.push(...event.diagnostics.map(({ code, message }) => `${code} ${message}`));
  }
  expect(refused).toEqual(["O006 the program takes no rows of 'mine'"]);
});
