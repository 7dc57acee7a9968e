import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';
import type { Job } from '../../src/runtime/job.ts';
import { JumpingClock } from '../support/limits/jumping-clock.ts';
import { toldRun } from '../support/limits/told-run.ts';
import { TransactionalTable } from '../support/limits/transactional-sink.ts';

const rows = 50_000;
/** As `tidemark.batch-size` says below. */
const batchRows = 500;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-pressure-'));
  writeFileSync(join(folder, 'events.json'), Array.from({ length: rows }, (_, v) => `{"v": ${v}}\n`).join(''));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('while a sink stops for a minute nothing is read ahead and no memory is taken; then all goes on', async () => {
  const clock = new JumpingClock();
  const written = new TransactionalTable();
  const memory = Memory.create();
  let job: Job | null = null;
  let writes = 0;
  const stalls: { readonly aheadRows: number; readonly grownBytes: number }[] = [];
  written.before = (call) => {
    if (call !== 'write' || ++writes % 10 !== 0) return;
    const seen = written.rows.length;
    const bytes = memory.allocatedBytes;
    return clock.wait(60_000, new AbortController().signal).then(async () => {
      // Who would read ahead has had its turns.
      for (let turn = 0; turn < 10; turn++) await clock.giveTurn();
      stalls.push({ aheadRows: (job?.progress().events ?? 0) - seen, grownBytes: memory.allocatedBytes - bytes });
    });
  };
  const { refused, summary } = await toldRun(
    `SET 'tidemark.batch-size' = '${batchRows}';
    CREATE TABLE events (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events.json', 'format' = 'json');
    CREATE TABLE written (v BIGINT) WITH ('connector' = 'program', 'table' = 'written');
    INSERT INTO written SELECT v FROM events;`,
    { clock, memory, programSinks: new Map([['written', (request) => written.sink(request)]]) },
    {
      onJob: (begun) => {
        job = begun;
      },
    },
  );
  expect(refused).toBe(null);
  expect(summary?.events).toBe(rows);
  expect(stalls).toHaveLength(rows / batchRows / 10);
  // The batch that the sink holds, and no other.
  for (const stall of stalls) expect(stall).toEqual({ aheadRows: batchRows, grownBytes: 0 });
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(60_000 * stalls.length);
  expect(written.rows).toEqual(Array.from({ length: rows }, (_, v) => String(v)));
});
