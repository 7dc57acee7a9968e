import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineOptions } from '../../src/engine.ts';
import { sharedStreams } from '../../src/streams/shared-streams.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { type SimulatedState, simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';
import { Random } from '../support/streams/random.ts';
import type { Fault, Operation } from '../support/streams/simulated-disk.ts';

const rows = 200;
const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 8 : Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS) / 500);
let folder = '';
let clock = new JumpingClock();
let written = new TransactionalTable();
let state: SimulatedState;
/** What becomes of an operation on the disk of checkpoints and streams. */
let fault: (operation: Operation) => Fault = () => 'none';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-full-'));
  clock = new JumpingClock();
  written = new TransactionalTable();
  written.before = () => clock.advance(1);
  fault = () => 'none';
  state = simulatedState((operation) => fault(operation));
  mkdirSync(join(folder, 'events'));
  const lines = Array.from({ length: rows }, (_, v) => JSON.stringify({ k: v % 7, v }));
  writeFileSync(join(folder, 'events', '1.json'), `${lines.join('\n')}\n`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (): EngineOptions => ({
  clock,
  streamsFolder: '/disk/streams',
  stateEnvironment: state,
  streamEnvironment: state,
  programSinks: new Map([['written', (request) => written.sink(request)]]),
});

const tables = (): string => `
  SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '10';
  SET 'restart-strategy.exponential-delay.jitter-factor' = '0';
  CREATE TABLE events (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
  CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written');
  CREATE VIEW timed AS SELECT k, v, PROCTIME() AS p FROM events;`;
const tolerating = (count: number): string =>
  `SET 'execution.checkpointing.tolerable-failed-checkpoints' = '${count}';`;
const insert = 'INSERT INTO written SELECT SUM(v) OVER (PARTITION BY k ORDER BY p) FROM timed;';

/** The sums of a run in which nothing happens. */
function expected(): string[] {
  const sums = new Map<number, number>();
  return Array.from({ length: rows }, (_, v) => {
    const sum = (sums.get(v % 7) ?? 0) + v;
    sums.set(v % 7, sum);
    return String(sum);
  });
}

const isPages = ({ kind, path }: Operation): boolean => kind === 'write' && path.includes('/pages-');

test('a checkpoint that finds no room fails the job, which goes on from the one before when there is room again', async () => {
  let writes = 0;
  fault = (operation) => (isPages(operation) && ++writes >= 3 && clock.waitsMs.length < 4 ? 'no space' : 'none');
  const { warnings, refused, summary } = await toldRun(`${tables()} ${insert}`, options());
  expect(refused).toBe(null);
  expect(warnings).toHaveLength(4);
  expect(warnings[0]).toMatch(
    /^F022 attempt 1: the job has failed, and runs again in 1 s from its checkpoint 2 \| F025: checkpoint 3 could not be written: no space is left in "\/disk\/jobs\/job-/,
  );
  expect(clock.waitsMs).toEqual([1000, 1500, 2250, 3375]);
  expect(summary).toMatchObject({ restarts: 4, outcome: 'finished' });
  expect(written.rows).toEqual(expected());
});

test('where that is tolerated the job goes on, says so, and tries again', async () => {
  let writes = 0;
  fault = (operation) => (isPages(operation) && ++writes >= 3 && writes < 6 ? 'no space' : 'none');
  const { warnings, refused, summary } = await toldRun(`${tables()} ${tolerating(3)} ${insert}`, options());
  expect(refused).toBe(null);
  expect(warnings.map((warning) => warning.slice(0, 34))).toEqual([
    'F025 checkpoint 3 could not be wri',
    'F025 checkpoint 4 could not be wri',
    'F025 checkpoint 5 could not be wri',
  ]);
  expect(summary).toMatchObject({ restarts: 0, outcome: 'finished' });
  expect(written.rows).toEqual(expected());
});

test('an old checkpoint that stays is told, fails nothing, and goes with the next', async () => {
  let tries = 0;
  fault = ({ kind, path }) => (kind === 'remove' && path.endsWith('.json') && ++tries <= 2 ? 'error' : 'none');
  const jobs = '/disk/jobs';
  const manifests = (): string[] =>
    state.files
      .list(jobs)
      .flatMap((job) => state.files.list(`${jobs}/${job}`).filter((name) => name.endsWith('.json')));
  const kept: number[] = [];
  written.before = () => {
    clock.advance(1);
    kept.push(manifests().length);
  };
  const { warnings, refused, summary } = await toldRun(`${tables()} ${insert}`, options());
  expect(refused).toBe(null);
  expect(warnings).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^F025 older checkpoints could not/)));
  expect(summary).toMatchObject({ restarts: 0, outcome: 'finished' });
  expect(written.rows).toEqual(expected());
  // One that is seen, and one that follows it.
  expect(Math.max(...kept)).toBeGreaterThan(2);
  expect(kept.at(-1)).toBeLessThanOrEqual(2);
});

test('what stays of a job that has ended is not in the way of another query', async () => {
  fault = ({ kind, path }) => (kind === 'remove' && path.endsWith('.json') ? 'error' : 'none');
  const named = `${tables()} SET 'pipeline.name' = 'copy';`;
  const { warnings } = await toldRun(`${named} ${insert}`, options());
  expect(warnings.at(-1)).toMatch(/^F025 the checkpoints of a job that has ended could not be taken away/);
  fault = () => 'none';
  const again = await toldRun(
    `${named} CREATE TABLE other (v BIGINT) WITH ('connector' = 'program', 'table' = 'written'); INSERT INTO other SELECT v FROM events;`,
    options(),
  );
  expect(again).toMatchObject({ refused: null, warnings: [] });
});

test('one more in succession than is tolerated fails the job; one that succeeds begins the count anew', async () => {
  let writes = 0;
  const failing = new Set([3, 4, 6, 7, 9, 10, 11]);
  fault = (operation) => (isPages(operation) && failing.has(++writes) ? 'no space' : 'none');
  const { warnings } = await toldRun(`${tables()} ${tolerating(2)} ${insert}`, options());
  expect(warnings.map((warning) => warning.slice(0, 4))).toEqual([
    'F025',
    'F025',
    'F025',
    'F025',
    'F025',
    'F025',
    'F022',
  ]);
  expect(written.rows).toEqual(expected());
});

test('half a file of pages is taken away, so that its room is there for others', async () => {
  let writes = 0;
  fault = (operation) => (isPages(operation) && ++writes >= 2 ? 'no space' : 'none');
  const left: (readonly string[])[] = [];
  written.before = (call) => {
    clock.advance(1);
    if (call === 'write')
      left.push(state.files.list(state.files.list('/disk/jobs').map((name) => `/disk/jobs/${name}`)[0] ?? ''));
  };
  await toldRun(`${tables()} ${tolerating(1000)} SET 'restart-strategy.type' = 'none'; ${insert}`, options());
  // Of those that are not in the making.
  expect(left.at(-1)?.filter((name) => name.startsWith('pages-')).length).toBeLessThanOrEqual(2);
  expect(left.length).toBeGreaterThan(10);
});

test('whatever operation on a checkpoint fails, and whenever the sink does, each row is written once', async () => {
  for (let seed = 1; seed <= runs; seed++) {
    const random = new Random(seed);
    clock = new JumpingClock();
    written = new TransactionalTable();
    written.before = (call) => {
      clock.advance(1);
      if (call === 'write' && random.chance(0.03)) throw new Error('the line is dead');
    };
    fault = ({ path }) =>
      path.includes('/jobs/') && random.chance(0.02) ? (random.chance(0.5) ? 'no space' : 'error') : 'none';
    state = simulatedState((operation) => fault(operation));
    let refused: string | null = 'not run';
    // The very first start is told where it fails: it is tried again, as by a person.
    for (let attempt = 0; refused !== null && attempt < 50; attempt++) {
      ({ refused } = await toldRun(`${tables()} ${tolerating(random.int(4))} ${insert}`, options()));
    }
    expect({ seed, refused, rows: written.rows }).toEqual({ seed, refused: null, rows: expected() });
  }
});

test('a stream that finds no room fails the job, which puts each record once when there is room again', async () => {
  const { store, release } = sharedStreams('/disk/streams', state);
  const stream = await store.createStream('sums', 1);
  const isHeld = ({ kind, path }: Operation): boolean => kind === 'write' && path.startsWith('/disk/streams');
  let writes = 0;
  fault = (operation) => (isHeld(operation) && ++writes >= 5 && clock.waitsMs.length < 3 ? 'no space' : 'none');
  // The stream is written by nobody else meanwhile.
  const sums = `CREATE TABLE sums (v BIGINT) WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:x:1:stream/sums', 'format' = 'json');`;
  clock.onWait = () => {};
  const giveTurn = clock.giveTurn.bind(clock);
  clock.giveTurn = async () => {
    clock.advance(1);
    await giveTurn();
  };
  const script = `${tables()} ${sums} EXECUTE STATEMENT SET BEGIN
    INSERT INTO sums SELECT SUM(v) OVER (PARTITION BY k ORDER BY p) FROM timed; ${insert} END;`;
  const { warnings, refused } = await toldRun(script, options());
  expect(refused).toBe(null);
  expect(warnings.length).toBeGreaterThanOrEqual(3);
  for (const warning of warnings) expect(warning).toContain('F014');
  expect(written.rows).toEqual(expected());
  const seen: string[] = [];
  const cursor = stream.cursor('0', { type: 'TRIM_HORIZON' });
  for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
    for (const { frame, from, to } of read.frames) seen.push(`${frame.firstIndex + from}-${frame.firstIndex + to}`);
  }
  expect(stream.presentEnd(stream.shard('0'))).toBe(rows + 1);
  expect(seen.length).toBeGreaterThan(0);
  cursor.close();
  await release();
});
