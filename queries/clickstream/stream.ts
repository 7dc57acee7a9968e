// A stream that a service puts hits on while SQL reads it: every page, as soon as it was asked for often.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tidemark } from 'tidemark';

const folder = await mkdtemp(join(tmpdir(), 'clicks-'));
{
  await using tide = await Tidemark.open({ folder });
  const clicks = await tide.streams.create('clicks', { shards: 2 });

  await tide.execute(`
    CREATE TABLE clicks (path STRING)
    WITH ('connector' = 'kinesis', 'format' = 'json', 'stream.arn' = '${clicks.arn}', 'source.init.position' = 'TRIM_HORIZON')`);
  const popular = tide.query<{ path: string; hits: bigint }>(
    'SELECT path, COUNT(*) AS hits FROM clicks GROUP BY path HAVING COUNT(*) >= 3',
  );

  // A put is done when the record is on the disk: who awaits it is no faster than that.
  for (const path of ['/', '/about', '/', '/blog', '/']) {
    await clicks.put({ partitionKey: path, data: { path } });
  }

  // The query would go on for ever: leaving the loop ends it.
  for await (const { row } of popular) {
    console.log(`${row.path} was asked for ${row.hits} times`);
    break;
  }
}
await rm(folder, { recursive: true });
