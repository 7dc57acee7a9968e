import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SequenceTexts } from '../../src/connectors/kinesis/sequence-texts.ts';
import { sequenceNumber } from '../../src/streams/sequence-number.ts';
import { type SharedStreams, sharedStreams } from '../../src/streams/shared-streams.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { LiveQuery } from '../support/streams/live-query.ts';

let folder = '';
let shared: SharedStreams;
let stream: Stream;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-kinesis-'));
  shared = sharedStreams(folder);
});
beforeEach(async () => {
  stream = await shared.store.createStream(`s${count++}`, 1);
});
afterAll(async () => {
  await shared.release();
  rmSync(folder, { recursive: true, force: true });
});

function table(columns: string, options: Record<string, string> = {}, name = stream.name): string {
  const all = {
    connector: 'kinesis',
    'stream.arn': `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`,
    'aws.region': 'us-east-1',
    'aws.endpoint': folder,
    format: 'json',
    'source.init.position': 'TRIM_HORIZON',
    ...options,
  };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE t (${columns}) WITH (${list.join(', ')});\n`;
}

const bounded = { 'source.end.position': 'LATEST' };

async function put(...texts: string[]): Promise<void> {
  await stream.putRecords(texts.map((text) => ({ data: Buffer.from(text, 'latin1'), partitionKey: 'k' })));
}

async function rowsOf(sql: string): Promise<string[][]> {
  const query = new LiveQuery(sql);
  await query.end();
  return query.rows;
}

describe('as a source', () => {
  test('gives metadata columns beside those of the records', async () => {
    const first = await stream.putRecord({ data: Buffer.from('{"n": 1}'), partitionKey: 'k' });
    await put('{"n": 2}', '{"n": 3}');
    const columns = `seq STRING METADATA FROM 'sequence-number' VIRTUAL, n INT,
      shard STRING METADATA FROM 'shard-id' VIRTUAL, came TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL`;
    const rows = await rowsOf(
      `${table(columns, bounded)} SELECT seq, n, shard, came > TIMESTAMP '2024-01-01 00:00:00' FROM t;`,
    );
    expect(rows.map(([, ...rest]) => rest)).toEqual(['1', '2', '3'].map((n) => [n, 'shardId-000000000000', 'TRUE']));
    expect(rows[0]?.[0]).toBe(first.sequenceNumber);
    const numbers = rows.map(([seq]) => BigInt(seq ?? ''));
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test('a record is a row, whatever line ends it has: json', async () => {
    await put('{"n": 1,\n "s": "a\\nb"}', '{"n": 2, "s": "x"}\r\n', '\n{"n": 3}\n');
    expect(await rowsOf(`${table('n INT, s STRING', bounded)} SELECT n, s FROM t;`)).toEqual([
      ['1', 'a\nb'],
      ['2', 'x'],
      ['3', 'NULL'],
    ]);
  });

  test('a record is a row, whatever line ends it has: raw', async () => {
    const texts = ['plain', 'two\nlines', 'with return\r', '\n'];
    await put(...texts);
    const rows = await rowsOf(`${table('s STRING', { ...bounded, format: 'raw' })} SELECT s FROM t;`);
    expect(rows).toEqual(texts.map((text) => [text]));
    const latin = { ...bounded, format: 'raw', 'raw.charset': 'ISO-8859-1' };
    await put('gr\xfc\xdfe\nan alle');
    expect((await rowsOf(`${table('s STRING', latin)} SELECT s FROM t;`)).at(-1)).toEqual(['grüße\nan alle']);
  });

  test('a record is a row, whatever line ends it has: csv', async () => {
    await put('1,a\r\n', '2,b\n', '3,"c\nd"', '', '4,e');
    expect(await rowsOf(`${table('n INT, s STRING', { ...bounded, format: 'csv' })} SELECT n, s FROM t;`)).toEqual([
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'c\nd'],
      ['4', 'e'],
    ]);
  });

  test('an empty record is a value of raw, and no row of a text format', async () => {
    await put('{"n": 1}', '', '{"n": 2}');
    expect(await rowsOf(`${table('n INT', bounded)} SELECT n FROM t;`)).toEqual([['1'], ['2']]);
    const raw = `${table('s STRING', { ...bounded, format: 'raw' })} SELECT s FROM t;`;
    expect(await rowsOf(raw)).toEqual([['{"n": 1}'], [''], ['{"n": 2}']]);
  });

  test('begins where it is told', async () => {
    await put('{"n": 1}');
    const between = Date.now() + 5;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await put('{"n": 2}');
    const at = (timestamp: string) =>
      table('n INT', { ...bounded, 'source.init.position': 'AT_TIMESTAMP', 'source.init.timestamp': timestamp });
    expect(await rowsOf(`${at(new Date(between).toISOString())} SELECT n FROM t;`)).toEqual([['2']]);
    expect(await rowsOf(`${at(String(between / 1000))} SELECT n FROM t;`)).toEqual([['2']]);
    expect(
      await rowsOf(`${table('n INT', { ...bounded, 'source.init.position': 'LATEST' })} SELECT n FROM t;`),
    ).toEqual([]);
    const live = new LiveQuery(`${table('n INT', { 'source.init.position': 'LATEST' })} SELECT n FROM t;`);
    // It begins once the query runs: until a row is seen, rows are put.
    const feed = setInterval(() => void put('{"n": 3}'), 20);
    await live.until(1);
    clearInterval(feed);
    await live.cancel();
    expect(new Set(live.rows.flat())).toEqual(new Set(['3']));
  });

  test('ends at the end there was when it began', async () => {
    await put('{"n": 1}');
    await stream.splitShard('0', 1n << 127n);
    await put('{"n": 2}');
    expect(await rowsOf(`${table('n INT', bounded)} SELECT n FROM t;`)).toEqual([['1'], ['2']]);
  });

  test('tells a malformed record by its sequence number', async () => {
    await put('{"n": 1}');
    const bad = await stream.putRecord({ data: Buffer.from('{"n": "x"}'), partitionKey: 'user-7' });
    const query = new LiveQuery(`${table('n INT', bounded)} SELECT n FROM t;`);
    await expect(query.end()).rejects.toThrow(`sequence number ${bad.sequenceNumber}, partition key "user-7"`);
  });

  test('ends with an error when its stream is deleted', async () => {
    const live = new LiveQuery(`${table('n INT')} SELECT n FROM t;`);
    await put('{"n": 1}');
    await live.until(1);
    await shared.store.deleteStream(stream.name);
    await expect(live.end()).rejects.toThrow(`F013 stream "${stream.name}" was deleted`);
  });

  test('shows results within milliseconds of the record that closes a window', async () => {
    const live = new LiveQuery(`${table('ts TIMESTAMP(3), WATERMARK FOR ts AS ts')}
      SELECT window_end, COUNT(*) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND) GROUP BY window_start, window_end;`);
    const delays: number[] = [];
    for (let second = 0; second < 20; second++) {
      await put(`{"ts": "2024-01-01 00:00:${String(second).padStart(2, '0')}.5"}`);
      const start = performance.now();
      await live.until(second);
      delays.push(performance.now() - start);
    }
    await live.cancel();
    // Far from a poll's interval, also on a busy machine; the bench measures what it is.
    expect(delays.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
  });
});

describe('as a sink', () => {
  test('puts a row as a record, keyed by the partition columns, and another table reads it', async () => {
    const other = await shared.store.createStream(`s${count++}`, 4);
    const create = table('a STRING, b INT, c STRING', {}, other.name).replace(') WITH', ') PARTITIONED BY (c, b) WITH');
    await rowsOf(`${create} INSERT INTO t VALUES ('x', 1, 'k'), ('y', CAST(NULL AS INT), 'l'), ('z', 1, 'k');`);
    const cursors = other.metadata.shards.map(({ index }) => other.cursor(String(index), { type: 'TRIM_HORIZON' }));
    const keys = new Set<string>();
    const { recordKey } = await import('../../src/streams/segment-format.ts');
    for (const cursor of cursors) {
      const read = cursor.read();
      if (read.kind !== 'frames') continue;
      for (const { frame, from, to } of read.frames) for (let at = from; at < to; at++) keys.add(recordKey(frame, at));
    }
    expect([...keys].sort()).toEqual(['k|1', 'l|null']);
    const rows = await rowsOf(`${table('a STRING, b INT, c STRING', bounded, other.name)} SELECT a, b, c FROM t;`);
    expect(rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b))).toEqual([
      ['x', '1', 'k'],
      ['y', 'NULL', 'l'],
      ['z', '1', 'k'],
    ]);
  });

  test('raw values keep their line ends', async () => {
    await rowsOf(`${table('s STRING', { format: 'raw' })} INSERT INTO t VALUES (U&'a\\000Ab'), ('c');`);
    expect(await rowsOf(`${table('s STRING', { ...bounded, format: 'raw' })} SELECT s FROM t;`)).toEqual([
      ['a\nb'],
      ['c'],
    ]);
  });

  test('goes on while the source does, from one stream to another', async () => {
    const other = await shared.store.createStream(`s${count++}`, 2);
    const source = table('n INT').replace('TABLE t', 'TABLE source');
    const sink = table('n INT', {}, other.name).replace('TABLE t', 'TABLE sink');
    const copy = new LiveQuery(`${source}${sink} INSERT INTO sink SELECT n * 2 FROM source;`);
    const seen = new LiveQuery(`${table('n INT', {}, other.name)} SELECT n FROM t;`);
    await put('{"n": 1}', '{"n": 2}');
    await seen.until(2);
    await put('{"n": 3}');
    await seen.until(3);
    await copy.cancel();
    await seen.cancel();
    expect(seen.rows.flat().toSorted()).toEqual(['2', '4', '6']);
  });
});

describe('as a sink of a job that makes checkpoints', () => {
  const settingsOf = (interval: string, name: string): Record<string, string> => ({
    'execution.checkpointing.interval': interval,
    'execution.checkpointing.dir': join(folder, 'jobs'),
    'pipeline.name': name,
  });

  test('rows are seen with each checkpoint, once, also when it is stopped and goes on', async () => {
    const other = await shared.store.createStream(`s${count++}`, 2);
    const source = table('n INT').replace('TABLE t', 'TABLE source');
    const sink = table('n INT', {}, other.name).replace('TABLE t', 'TABLE sink');
    const settings = settingsOf('20 ms', other.name);
    const start = () => new LiveQuery(`${source}${sink} INSERT INTO sink SELECT n * 2 FROM source;`, settings);
    const seen = new LiveQuery(`${table('n INT', {}, other.name)} SELECT n FROM t;`);
    const first = start();
    await put('{"n": 1}', '{"n": 2}');
    await seen.until(2);
    await put('{"n": 3}');
    await seen.until(3);
    await first.cancel();
    const second = start();
    await put('{"n": 4}');
    await seen.until(4);
    await second.cancel();
    await seen.cancel();
    expect(seen.rows.flat().toSorted()).toEqual(['2', '4', '6', '8']);
    // What was held is gone.
    expect(readdirSync(join(folder, other.name, 'held'))).toEqual([]);
  });

  test.each(['at-least-once', 'none'])(
    'rows are held until then, but where they are asked for at once: %s',
    async (guarantee) => {
      const [once, direct] = [
        await shared.store.createStream(`s${count++}`, 1),
        await shared.store.createStream(`s${count++}`, 1),
      ];
      const tables = [
        table('n INT').replace('TABLE t', 'TABLE source'),
        table('n INT', {}, once.name).replace('TABLE t', 'TABLE once'),
        table('n INT', { 'sink.delivery-guarantee': guarantee }, direct.name).replace('TABLE t', 'TABLE direct'),
      ].join('');
      const inserts = 'INSERT INTO once SELECT n FROM source; INSERT INTO direct SELECT n FROM source;';
      const job = new LiveQuery(`${tables} EXECUTE STATEMENT SET BEGIN ${inserts} END;`, settingsOf('1 h', once.name));
      const seen = new LiveQuery(`${table('n INT', {}, direct.name)} SELECT n FROM t;`);
      await put('{"n": 1}');
      await seen.until(1);
      await put('{"n": 2}');
      await seen.until(2);
      await seen.cancel();
      expect(once.presentEnd(once.shard('0'))).toBe(1);
      // Stopped, it shows all that it has read.
      await job.cancel();
      expect(once.presentEnd(once.shard('0'))).toBe(3);
      expect(direct.presentEnd(direct.shard('0'))).toBe(3);
    },
  );
});

test('sequence numbers as text are those of the stream, one after the other', () => {
  const shard = { index: 3, createdSeconds: 1_700_000_000 };
  const texts = new SequenceTexts();
  texts.start(shard, 9_999_990, 1_700_000_500_000);
  const target = new Uint8Array(56);
  for (let index = 9_999_990; index < 10_000_200; index++) {
    texts.write(target, 0);
    expect(Buffer.from(target).toString()).toBe(sequenceNumber(shard, index, 1_700_000_500_000));
    texts.next();
  }
});
