// Visitors a day, from the folder of hits beside this file: each of its four files is a shard.
import { fileURLToPath } from 'node:url';
import { Tidemark } from 'tidemark';

await using tide = await Tidemark.open();

await tide.execute(`
  CREATE TABLE hits (
    ip STRING, event_time TIMESTAMP(3), status INT,
    WATERMARK FOR event_time AS event_time - INTERVAL '1' MINUTE
  ) WITH ('connector' = 'filesystem', 'path' = '${fileURLToPath(new URL('hits', import.meta.url))}', 'format' = 'json')`);

const days = tide.query<{ window_start: Date; visitors: bigint }>(`
  SELECT window_start, COUNT(DISTINCT ip) AS visitors
  FROM TUMBLE(TABLE hits, DESCRIPTOR(event_time), INTERVAL '1' DAY)
  WHERE status < 400
  GROUP BY window_start, window_end`);

for await (const { row } of days) {
  console.log(row.window_start.toISOString().slice(0, 10), row.visitors);
}
