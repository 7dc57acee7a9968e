import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine, type EngineOptions } from '../../src/engine.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { simulatedState } from '../support/limits/simulated-state.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

const rows = 20_000;
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
    /^F023\nthe job needs more than the 16 MiB of memory that it may have\n"aggregate-1" holds most: [\d,]{5,} keys and rows in [\d.]+ MiB\nSET 'taskmanager.memory.managed.size' to more;/,
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
