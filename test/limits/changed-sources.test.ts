import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { sharedStreams } from '../../src/streams/shared-streams.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { type ToldRun, toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

// What becomes of a source between a job's last checkpoint and its restart.

const rows = 400;
let folder = '';
let clock = new JumpingClock();
let written = new TransactionalTable();
let state = simulatedState();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-sources-'));
  clock = new JumpingClock();
  written = new TransactionalTable();
  state = simulatedState();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (): EngineOptions => ({
  clock,
  streamsFolder: '/streams',
  stateEnvironment: state,
  streamEnvironment: state,
  programSinks: new Map([['written', (request) => written.sink(request)]]),
});

/** Runs the job, until so many rows were written; it makes a last checkpoint then. */
function run(events: string, stopAt = Number.POSITIVE_INFINITY): Promise<ToldRun> {
  const stop = new AbortController();
  let count = 0;
  written.before = (call) => {
    if (call === 'write') count += 10;
    if (count >= stopAt) stop.abort();
  };
  const script = `SET 'execution.checkpointing.interval' = '1 h'; SET 'tidemark.batch-size' = '10';
    SET 'restart-strategy.type' = 'none';
    CREATE TABLE events (v BIGINT) WITH (${events});
    CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written');
    INSERT INTO written SELECT v FROM events;`;
  return toldRun(script, options(), { signal: stop.signal });
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => String(from + at));
const linesOf = (from: number, to: number): string =>
  numbers(from, to)
    .map((v) => `{"v": ${v}}\n`)
    .join('');

describe('a file', () => {
  const path = (): string => join(folder, 'events', '1.json');
  const events = (): string => `'connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json'`;

  beforeEach(async () => {
    mkdirSync(join(folder, 'events'));
    writeFileSync(path(), linesOf(0, rows));
    await run(events(), 200);
    expect(written.rows).toEqual(numbers(0, 200));
  });

  test('that has grown is read on', async () => {
    appendFileSync(path(), linesOf(rows, rows + 10));
    expect((await run(events())).refused).toBe(null);
    expect(written.rows).toEqual(numbers(0, rows + 10));
  });

  test('that was copied away and back is read on', async () => {
    const copy = readFileSync(path());
    rmSync(path());
    writeFileSync(path(), copy);
    expect((await run(events())).refused).toBe(null);
    expect(written.rows).toEqual(numbers(0, rows));
  });

  test('that is shorter than what was read of it is refused', async () => {
    truncateSync(path(), 100);
    expect((await run(events())).refused).toMatch(/^F013 ".*1\.json" has 100 bytes, of which 2,090 were read already$/);
    expect(written.rows).toHaveLength(200);
  });

  test('that is another one is refused, also where it is longer', async () => {
    writeFileSync(path(), linesOf(5000, 5000 + 10 * rows));
    expect((await run(events())).refused).toMatch(
      /^F013 ".*1\.json" is not the file that was read before the restart: it has other bytes at its beginning$/,
    );
    expect(written.rows).toHaveLength(200);
  });

  test('whose lines were moved before the place is refused, though it begins as it did', async () => {
    writeFileSync(path(), linesOf(0, 150) + linesOf(900, 1400));
    expect((await run(events())).refused).toContain('it has other bytes before byte 2,090');
  });

  test('that is gone is refused', async () => {
    writeFileSync(join(folder, 'events', '2.json'), linesOf(0, 1));
    rmSync(path());
    expect((await run(events())).refused).toMatch(/^F013 ".*1\.json" is gone, of which the job had read 200 rows$/);
  });

  test.each(['changed', 'gone'])('that was read to its end may be %s', async (what) => {
    written = new TransactionalTable();
    state = simulatedState();
    const first = join(folder, 'events', '0.json');
    writeFileSync(first, linesOf(1000, 1050));
    await run(events(), 150);
    if (what === 'gone') rmSync(first);
    else writeFileSync(first, linesOf(0, 1));
    expect((await run(events())).refused).toBe(null);
    expect(written.rows).toEqual([...numbers(1000, 1050), ...numbers(0, rows)]);
  });
});

test('a file that is cut while it is read fails the job, and does not end it', async () => {
  const path = join(folder, 'events.json');
  // More than is read at a time.
  writeFileSync(path, linesOf(100_000, 170_000));
  const stop = run(`'connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'`);
  const { before } = written;
  written.before = (call) => {
    if (call === 'write') truncateSync(path, 1000);
    return before(call);
  };
  expect((await stop).refused).toMatch(/^F013 ".*events\.json" has 1,000 bytes, of which [\d,]+ were read already/);
});

describe('a stream', () => {
  let stream: Stream;
  let release = async (): Promise<void> => {};
  const table = "'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:x:1:stream/events', 'format' = 'json'";
  const events = `${table}, 'source.init.position' = 'TRIM_HORIZON', 'source.end.position' = 'LATEST'`;
  const skips = `${events}, 'tidemark.on-data-loss' = 'skip'`;

  const put = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 10) {
      await stream.putRecords(
        numbers(at, at + 10).map((v) => ({ data: Buffer.from(`{"v": ${v}}`), partitionKey: 'k' })),
      );
    }
  };

  beforeEach(async () => {
    const shared = sharedStreams('/streams', state);
    release = shared.release;
    stream = await shared.store.createStream('events', 1);
    await put(0, 300);
    await run(events, 100);
    expect(written.rows).toEqual(numbers(0, 100));
  });

  afterEach(() => release());

  test('whose retention has not come to the place is read on', async () => {
    expect((await run(events)).refused).toBe(null);
    expect(written.rows).toEqual(numbers(0, 300));
  });

  test('whose retention has passed the place is refused, or read on from its oldest record', async () => {
    state.moveTime(25 * 3_600_000);
    await put(300, 350);
    expect((await run(events)).refused).toBe(
      'F013 of shardId-000000000000 of stream "events" the next 200 records are gone',
    );
    expect(written.rows).toHaveLength(100);
    expect((await run(skips)).refused).toBe(null);
    // The end is that of the first start.
    expect(written.rows).toEqual(numbers(0, 100));
  });

  test('of which all was read may lose it', async () => {
    await run(events, 300);
    state.moveTime(25 * 3_600_000);
    expect((await run(events)).refused).toBe(null);
    expect(written.rows).toEqual(numbers(0, 300));
  });

  test('that was made anew is refused, or read from its beginning', async () => {
    const shared = sharedStreams('/streams', state);
    await shared.store.deleteStream('events');
    state.moveTime(1000);
    stream = await shared.store.createStream('events', 1);
    await put(1000, 1400);
    const { refused } = await run(events);
    expect(refused).toMatch(/^F013 stream "events" is another than before the restart: it was made on 1970-/);
    expect(written.rows).toHaveLength(100);
    expect((await run(skips)).refused).toBe(null);
    expect(written.rows).toEqual([...numbers(0, 100), ...numbers(1000, 1400)]);
    await shared.release();
  });
});
