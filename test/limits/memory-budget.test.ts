import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine, type EngineOptions } from '../../src/engine.ts';
import { sharedStreams } from '../../src/streams/shared-streams.ts';
import { writeInput } from '../support/jobs/job-input.ts';
import { killedJobs } from '../support/jobs/killed-jobs.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';
import { Random } from '../support/streams/random.ts';

const rows = 20_000;
/** Of each query. */
const runs = Math.ceil(Number(process.env.TIDEMARK_FUZZ_RUNS ?? 1) / 20_000);
let folder = '';
let clock = new JumpingClock();
let written = new TransactionalTable();
let state = simulatedState();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-memory-'));
  clock = new JumpingClock();
  written = new TransactionalTable();
  state = simulatedState();
  const lines = Array.from({ length: rows }, (_, k) => JSON.stringify({ k }));
  writeFileSync(join(folder, 'events.json'), `${lines.join('\n')}\n`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const budget = (size: string): string => `SET 'taskmanager.memory.managed.size' = '${size}';`;

const tables = (): string => `
  CREATE TABLE events (k INT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events.json', 'format' = 'json');
  CREATE TABLE written (k INT, n INT) WITH ('connector' = 'program', 'table' = 'written');`;

/** A kilobyte of text is kept with each key, 20 MB of it in all. */
const query = `SELECT k, CHAR_LENGTH(text) FROM (
  SELECT k, text, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME()) AS r FROM (
    SELECT k, REPEAT(CAST(k AS STRING) || ' ', 200) AS text FROM events)) WHERE r = 1`;

const options = (): EngineOptions => ({
  clock,
  streamsFolder: join(folder, 'streams'),
  stateEnvironment: state,
  programSinks: new Map([['written', (request) => written.sink(request)]]),
});

const grouped = `SELECT text, COUNT(*) FROM (SELECT REPEAT(CAST(k AS STRING) || ' ', 200) AS text FROM events) GROUP BY text;`;

test('a query that needs more than it may have is refused by the operator that holds most, and the session goes on', async () => {
  const engine = new Engine(options());
  const run = async (sql: string): Promise<string> => {
    let told = '';
    for await (const event of engine.run(new SourceText('q.sql', sql))) {
      if (event.kind === 'rows') told = (event.rows.at(-1)?.values ?? []).map(String).join(',');
      if (event.kind !== 'refused') continue;
      const [refusal] = event.diagnostics;
      told = [
        refusal?.code,
        refusal?.message,
        ...(refusal?.notes ?? []).map(({ message }) => message),
        refusal?.help,
      ].join('\n');
    }
    return told;
  };
  await run(tables());
  const told = await run(`${budget('16 mb')} ${grouped}`);
  expect(told).toMatch(
    /^F023\nthe job needs more than the 16 MiB of memory that it may have\n"aggregate-1" holds most: [\d,]{5,} keys and rows in [\d.]+ MiB\nstate is [\d.]+ MiB in all, .*\nSET 'taskmanager.memory.managed.size' to more;/,
  );
  expect(await run('SELECT COUNT(*), MAX(k) FROM events;')).toBe(`${rows},${rows - 1}`);
  expect(await run(`${budget('64 mb')} SELECT COUNT(*) FROM (${grouped.slice(0, -1)});`)).toBe(String(rows));
});

test('a job that makes checkpoints keeps its last: with more memory it goes on from there, and it runs again for nothing less', async () => {
  const insert = `SET 'execution.checkpointing.interval' = '1 ms'; SET 'tidemark.batch-size' = '500'; ${tables()} INSERT INTO written ${query};`;
  written.before = () => clock.advance(1);
  const first = await toldRun(`${budget('16 mb')} ${insert}`, options());
  expect(first.warnings).toEqual([]);
  expect(first.refused).toMatch(
    /^F023 .* \| "[\w-]+" holds most: .* \| its checkpoint \d+ is kept: it goes on from there/,
  );
  expect(written.rows.length).toBeGreaterThan(1000);
  expect(written.rows.length).toBeLessThan(rows);
  const again = await toldRun(`${budget('8 mb')} ${insert}`, options());
  expect(again.refused).toMatch(/^F023 the state of the job's checkpoint needs more memory than it may have: 8 mb/);
  const last = await toldRun(`${budget('64 mb')} ${insert}`, options());
  expect(last.refused).toBe(null);
  expect(written.rows).toEqual(Array.from({ length: rows }, (_, k) => `${k} ${(String(k).length + 1) * 200}`));
});

test('wherever the memory ends, the query is refused for it, and the session answers as ever', async () => {
  await writeInput(folder, sharedStreams('/streams', state).store, 2000, 1);
  const random = new Random(1);
  const settings = "SET 'tidemark.batch-size' = '200';";
  const created = ['events', 'others'].map(
    (name) =>
      `CREATE TABLE ${name} (id INT, ts TIMESTAMP(3), k INT, v BIGINT, name STRING, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = '${folder}/${name}', 'format' = 'json');`,
  );
  const tablesOfJobs = [settings, ...created].join('\n');
  const told = async (engine: Engine, sql: string): Promise<string> => {
    const rowTexts: string[] = [];
    for await (const event of engine.run(new SourceText('q.sql', sql))) {
      if (event.kind === 'rows') rowTexts.push(...event.rows.map(({ kind, values }) => `${kind} ${values.join(' ')}`));
      if (event.kind === 'refused') return event.diagnostics.map(({ code }) => code).join();
    }
    return createHash('sha256').update(rowTexts.sort().join('\n')).digest('hex');
  };
  const refused = new Set<string>();
  const isQuick = process.env.TIDEMARK_FUZZ_RUNS === undefined;
  const jobs = killedJobs.filter(({ over }, at) => over === 'files' && (!isQuick || at % 3 === 0));
  for (const { name, query: sql } of jobs) {
    const whole = new Engine();
    await told(whole, tablesOfJobs);
    const expected = await told(whole, `${sql};`);
    for (let run = 0; run < runs; run++) {
      const engine = new Engine();
      await told(engine, tablesOfJobs);
      const bytes = 2_100_000 + random.int(1_500_000);
      const limited = await told(engine, `${budget(String(bytes))} ${sql};`);
      if (limited === 'F023') refused.add(name);
      else expect({ name, bytes, limited }).toEqual({ name, bytes, limited: expected });
      expect({ name, bytes, again: await told(engine, `${budget('256 mb')} ${sql};`) }).toEqual({
        name,
        bytes,
        again: expected,
      });
    }
  }
  expect(refused.size).toBeGreaterThan(isQuick ? 0 : jobs.length / 2);
});
