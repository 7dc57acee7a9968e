import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { Engine } from '../../../src/engine.ts';
import { sharedStreams } from '../../../src/streams/shared-streams.ts';
import type { Stream } from '../../../src/streams/stream.ts';
import { shardId } from '../../../src/streams/stream-metadata.ts';
import { Random } from '../streams/random.ts';

/**
 * A live stream with splits and merges and three jobs over it, for so many seconds; then the same queries over what the
 * stream holds. Says as JSON what was put, and how far memory grew after the first minute.
 */
const seconds = Number(process.argv[2] ?? '5');
const recordsPerSecond = 20_000;
const feedEveryMs = 10;
const keys = 20;
const inFlightMax = 8;

const folder = mkdtempSync(join(tmpdir(), 'tidemark-soak-'));
const shared = sharedStreams(folder);

function table(name: string, options: string): string {
  return `CREATE TABLE ${name} (k INT, n BIGINT, ts BIGINT, t AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR t AS t - INTERVAL '0.001' SECOND)
    WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/${name}',
    'aws.endpoint' = '${folder}', 'format' = 'json', 'source.init.position' = 'TRIM_HORIZON'${options});\n`;
}

const tumbling = `SELECT k, CAST(window_end AS STRING), COUNT(*), SUM(n) FROM TUMBLE(TABLE events, DESCRIPTOR(t), INTERVAL '1' SECOND) GROUP BY k, window_start, window_end;`;
const hopping = `SELECT 0, CAST(window_end AS STRING), COUNT(*), SUM(n) FROM HOP(TABLE events, DESCRIPTOR(t), INTERVAL '1' SECOND, INTERVAL '4' SECOND) GROUP BY window_start, window_end;`;

const inAll = `SELECT k, '1970-01-01 00:00:00', COUNT(*), SUM(n) FROM events GROUP BY k;`;

/** A query whose rows are kept as a checksum: of the same size however long it runs. */
class Counted {
  readonly engine = new Engine();
  readonly ended: Promise<void>;
  readonly #endMs: number;
  records = 0;
  /** Of all rows, in any order. */
  sum = 0n;

  /** Windows that end later than `endMs` do not count. */
  constructor(sql: string, endMs = Number.POSITIVE_INFINITY) {
    this.#endMs = endMs;
    this.ended = this.#run(sql);
  }

  async #run(sql: string): Promise<void> {
    for await (const event of this.engine.run(new SourceText('soak', sql))) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
      if (event.kind === 'summary' && event.summary.lateRows > 0)
        throw new Error(`${event.summary.lateRows} late rows`);
      if (event.kind !== 'rows') continue;
      for (const { kind, values } of event.rows) {
        const [k = '', end = '', count = '', sum = ''] = values.map(String);
        const windowEndMs = Date.parse(`${end.replace(' ', 'T')}Z`);
        if (windowEndMs > this.#endMs) continue;
        const sign = kind === '-U' || kind === '-D' ? -1n : 1n;
        this.records += Number(sign) * Number(count);
        this.sum += sign * ((BigInt(k) * 31n + BigInt(windowEndMs)) * BigInt(count) + BigInt(sum) * 7n);
      }
    }
  }
}

async function answered(sql: string, endMs?: number): Promise<Counted> {
  const query = new Counted(sql, endMs);
  await query.ended;
  return query;
}

async function soak(): Promise<Record<string, number>> {
  const stream = await shared.store.createStream('events', 2);
  const copy = await shared.store.createStream('copies', 2);
  const queries = [tumbling, hopping];
  const live = queries.map((query) => new Counted(table('events', '') + query));
  const copying = new Counted(
    `${table('events', '')}${table('copies', '')} INSERT INTO copies SELECT k, n, ts FROM events;`,
  );
  const { put, growth, peak, endMs } = await feed(stream);
  const isBehind = (): boolean => (live[0]?.records ?? 0) < put || recordsOf(copy) < recordsOf(stream);
  for (let tries = 0; isBehind() && tries < 6000; tries++) await pause(10);
  for (const { engine, ended } of [...live, copying]) {
    engine.cancel();
    await ended;
  }
  const bounded = ", 'source.end.position' = 'LATEST'";
  for (const [at, query] of queries.entries()) {
    const again = await answered(table('events', bounded) + query, endMs);
    if (again.sum !== live[at]?.sum) throw new Error(`query ${at} answers otherwise when all is there`);
  }
  // Rows of several shards are copied as they come: of the copy only the sums are those of the original.
  const original = await answered(table('events', bounded) + inAll);
  const copied = await answered(table('copies', bounded) + inAll.replace('events', 'copies'));
  if (copied.sum !== original.sum) throw new Error('the copy is not the original');
  const records = live[0]?.records ?? 0;
  if (records !== put) throw new Error(`${put} records were put, the windows have ${records}`);
  return { put, shards: stream.metadata.nextShardIndex, growthMb: growth, peakMb: peak };
}

function recordsOf(stream: Stream): number {
  return stream.metadata.shards.reduce((sum, shard) => sum + stream.presentEnd(shard) - 1, 0);
}

interface Fed {
  readonly put: number;
  readonly growth: number;
  readonly peak: number;
  /** Of the last records: windows that end later have not closed. */
  readonly endMs: number;
}

/** Puts records at the rate, as far as the disk keeps up, and reshards each second. Memory in MB. */
async function feed(stream: Stream): Promise<Fed> {
  const random = new Random(1);
  const startMs = performance.now();
  const samples: { atMs: number; rss: number }[] = [];
  const inFlight = new Set<Promise<unknown>>();
  let put = 0;
  let resharded = 0;
  for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startMs) {
    const due = Math.floor((elapsedMs * recordsPerSecond) / 1000);
    while (put < due && inFlight.size < inFlightMax) {
      const ts = Date.now();
      const entries = Array.from({ length: Math.min(500, due - put) }, () => {
        const k = random.int(keys);
        return { data: Buffer.from(`{"k":${k},"n":${put++},"ts":${ts}}`), partitionKey: `key ${k}` };
      });
      const request = stream.putRecords(entries).finally(() => inFlight.delete(request));
      inFlight.add(request);
    }
    if (elapsedMs >= (resharded + 1) * 1000) {
      resharded++;
      await reshard(stream, random);
      samples.push({ atMs: elapsedMs, rss: process.memoryUsage().rss / 1e6 });
    }
    await pause(feedEveryMs);
  }
  await Promise.all(inFlight);
  // A record behind all others in each shard, so that time passes them everywhere.
  const shards = stream.metadata.shards.filter(({ closed }) => closed === null);
  const ts = Date.now() + 10_000;
  for (const { startingHashKey } of shards) {
    const data = Buffer.from(`{"k":0,"n":0,"ts":${ts}}`);
    await stream.putRecord({ data, partitionKey: 'end', explicitHashKey: String(startingHashKey) });
  }
  const settledMs = Math.min(60_000, (seconds * 1000) / 2);
  const before = samples.filter(({ atMs }) => atMs <= settledMs).map(({ rss }) => rss);
  const after = samples.filter(({ atMs }) => atMs > settledMs).map(({ rss }) => rss);
  return {
    put,
    endMs: ts,
    growth: Math.round(Math.max(...after) - Math.max(...before)),
    peak: Math.round(Math.max(...after)),
  };
}

async function reshard(stream: Stream, random: Random): Promise<void> {
  const shards = stream.metadata.shards
    .filter(({ closed }) => closed === null)
    .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  if (shards.length < 4 && random.chance(0.6)) {
    const { index, startingHashKey, endingHashKey } = random.pick(shards);
    await stream.splitShard(shardId(index), (startingHashKey + endingHashKey) / 2n);
  } else if (shards.length > 1) {
    const at = random.int(shards.length - 1);
    await stream.mergeShards(shardId(shards[at]?.index ?? 0), shardId(shards[at + 1]?.index ?? 0));
  }
}

try {
  console.log(JSON.stringify(await soak()));
} finally {
  await shared.release();
  rmSync(folder, { recursive: true, force: true });
}
