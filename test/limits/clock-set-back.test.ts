import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { sharedStreams } from '../../src/streams/shared-streams.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

// The wall clock is set back by an hour while a job runs.

const hourMs = 3_600_000;
let folder = '';
let clock = new JumpingClock();
let written = new TransactionalTable();
let state = simulatedState();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-clock-'));
  clock = new JumpingClock();
  written = new TransactionalTable();
  state = simulatedState();
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name));
    addFile(name, 0);
  }
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function addFile(table: string, number: number, seconds = number): void {
  const ts = new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString().replace('T', ' ').replace('Z', '');
  writeFileSync(join(folder, table, `${number}.json`), `{"id": ${number}, "ts": "${ts}"}\n`);
}

const options = (): EngineOptions => ({
  clock,
  streamsFolder: '/streams',
  stateEnvironment: state,
  streamEnvironment: state,
  programSinks: new Map([['written', (request) => written.sink(request)]]),
});

const table = (
  name: string,
): string => `CREATE TABLE ${name} (id INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = '${folder}/${name}', 'format' = 'json', 'source.monitor-interval' = '1 s');`;

/** Runs until `until` says so; `onWait` is called each time that the job waits, with how long it has been going on. */
async function run(query: string, onWait: (elapsedMs: number) => boolean, settings = ''): Promise<void> {
  const controller = new AbortController();
  clock.onWait = () => {
    if (onWait(clock.elapsedMs())) controller.abort();
    // Whoever waits for an hour more is stuck.
    if (clock.elapsedMs() > 600_000) controller.abort();
  };
  const { refused } = await toldRun(
    `${settings} ${table('a')} ${table('b')} CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written'); INSERT INTO written ${query};`,
    options(),
    { signal: controller.signal },
  );
  expect(refused).toBe(null);
}

/** Sets it back once. */
function setBack(): () => void {
  let isDone = false;
  return () => {
    if (!isDone) clock.wallMs -= hourMs;
    isDone = true;
  };
}

test('new files are found within twice the interval', async () => {
  const back = setBack();
  let addedMs = 0;
  let foundMs = 0;
  await run('SELECT id FROM a', (elapsedMs) => {
    if (written.rows.length === 1 && addedMs === 0) {
      back();
      addFile('a', 1);
      addedMs = elapsedMs;
    }
    if (written.rows.length === 2 && foundMs === 0) foundMs = elapsedMs;
    return foundMs > 0;
  });
  expect(written.rows).toEqual(['0', '1']);
  expect(foundMs - addedMs).toBeLessThanOrEqual(2500);
});

test('windows of processing time close, each once, and no row comes before one that was there', async () => {
  const back = setBack();
  let files = 0;
  await run(
    "SELECT COUNT(*) FROM TUMBLE(TABLE a, DESCRIPTOR(p), INTERVAL '10' SECOND) GROUP BY window_start, window_end",
    (elapsedMs) => {
      if (elapsedMs > 15_000) back();
      // A row every two seconds, for 40 seconds.
      if (files < 20 && elapsedMs >= (files + 1) * 2000) addFile('a', ++files);
      return elapsedMs > 90_000;
    },
  );
  const counts = written.rows.map(Number);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(21);
  // Of 10 s; of 15 s, of which the last 10 s go at half the pace; of 20 s.
  expect(counts).toHaveLength(3);
  expect(counts[2]).toBeGreaterThan(counts[1] ?? 0);
});

test('a shard without rows becomes idle, within twice the timeout', async () => {
  const back = setBack();
  const { store, release } = sharedStreams('/streams', state);
  const stream = await store.createStream('events', 2);
  const put = (hashKey: string, second: number): Promise<unknown> => {
    const data = Buffer.from(`{"ts": "2024-01-01 00:0${Math.floor(second / 60)}:0${second % 60}"}`);
    return stream.putRecords([{ data, partitionKey: 'k', explicitHashKey: hashKey }]);
  };
  await put('0', 0);
  await put('0', 120);
  await put(String(1n << 127n), 0);
  let idleMs = 0;
  let puts = 0;
  clock.stepMaxMs = 5000;
  await run(
    "SELECT COUNT(*) FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end",
    (elapsedMs) => {
      back();
      // The other has a row every ten seconds.
      if (elapsedMs >= puts * 10_000) {
        puts++;
        void put('0', 120);
      }
      if (written.rows.length > 0 && idleMs === 0) idleMs = elapsedMs;
      return idleMs > 0;
    },
    `SET 'table.exec.source.idle-timeout' = '30 s'; CREATE TABLE events (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
      'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:x:1:stream/events', 'format' = 'json',
      'source.init.position' = 'TRIM_HORIZON');`,
  );
  await release();
  expect(written.rows).toEqual(['2']);
  expect(idleMs).toBeGreaterThanOrEqual(30_000);
  expect(idleMs).toBeLessThanOrEqual(61_000);
});

test('checkpoints are made at their interval, which is no wall time', async () => {
  const back = setBack();
  let commits = 0;
  written.before = (call) => {
    if (call === 'commit') commits++;
  };
  await run(
    'SELECT id FROM a',
    (elapsedMs) => {
      if (elapsedMs > 5000) back();
      return elapsedMs > 100_000;
    },
    "SET 'execution.checkpointing.interval' = '10 s';",
  );
  expect(commits).toBeGreaterThanOrEqual(9);
  expect(commits).toBeLessThanOrEqual(12);
});

test('state whose time to live has passed is dropped, within twice the time', async () => {
  const back = setBack();
  let files = 0;
  await run(
    'SELECT v FROM (SELECT 7 AS v, id, ROW_NUMBER() OVER (PARTITION BY 1 ORDER BY p) AS r FROM a) WHERE r = 1',
    (elapsedMs) => {
      back();
      if (files === 0 && elapsedMs > 130_000) addFile('a', ++files);
      return elapsedMs > 150_000;
    },
    "SET 'table.exec.state.ttl' = '1 min';",
  );
  // The second row is a first again.
  expect(written.rows).toEqual(['7', '7']);
});
